/* Loops that gain from the wider registers of newer processors: compiled for several of them, and
 * chosen when the program is loaded. Without such a compiler or platform, and under sanitizers,
 * which do not support it, there is one version. */
#ifndef VECTORIZE_H
#define VECTORIZE_H

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) &&                              \
    (!defined(__clang__) || __clang_major__ >= 14) && !defined(__SANITIZE_ADDRESS__) &&            \
    !defined(__SANITIZE_THREAD__) && !defined(NO_VECTOR_CLONES)
#define VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VECTOR_CLONES
#endif

#endif
