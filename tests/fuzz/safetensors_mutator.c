/* Mutates safetensors files so that most remain such: the header alone, whose length is set anew,
 * or the values alone. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed);

enum { PREFIX = 8, LARGEST = 1 << 16 };

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed)
{
    static uint8_t values[LARGEST];
    uint64_t header = 0;
    for (size_t i = 0; i < PREFIX && size > PREFIX; i++)
        header |= (uint64_t)bytes[i] << (8 * i);
    if (seed % 8 == 0 || size <= PREFIX || size > LARGEST || header == 0 || header > size - PREFIX)
        return LLVMFuzzerMutate(bytes, size, max_size);
    size_t begin = PREFIX + (size_t)header, rest = size - begin;
    if (seed % 8 == 1 && rest > 0)
        return begin + LLVMFuzzerMutate(bytes + begin, rest, max_size - begin);
    memcpy(values, bytes + begin, rest);
    header = LLVMFuzzerMutate(bytes + PREFIX, (size_t)header, max_size - PREFIX - rest);
    for (size_t i = 0; i < PREFIX; i++)
        bytes[i] = (uint8_t)(header >> (8 * i));
    memcpy(bytes + PREFIX + header, values, rest);
    return PREFIX + (size_t)header + rest;
}
