/* In place of ocv_linked.cpp: each module is a file of its own, in the folder `expressions` beside
 * the library. It is loaded when it is first asked for, and stays. */
#include "ocv_guard.hpp"
#include "ocv_modules.hpp"

#include <cstring>
#include <dlfcn.h>

/* The build names the library's function. */
extern "C" const char *LIBRARY_VERSION(void);

static std::string folder_of_library()
{
    Dl_info info = {};
    if (dladdr(reinterpret_cast<void *>(&LIBRARY_VERSION), &info) == 0)
        return ".";
    const std::string path = info.dli_fname;
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

template <typename Table> static const Table &load(const char *file, const char *symbol)
{
    const std::string path = folder_of_library() + "/expressions/" + file;
    void *const module = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (module == nullptr) {
        const std::string why = dlerror();
        const bool unmapped = why.find("failed to map") != std::string::npos ||
                              why.find("annot allocate memory") != std::string::npos;
        throw Failure{OCV_CANNOT,
                      why + (unmapped ? "; raise the limit of address space (ulimit -v, a "
                                        "batch queue's memory)"
                                      : "; install Expressions again")};
    }
    const auto *const table = static_cast<const Table *>(dlsym(module, symbol));
    if (table == nullptr || std::strcmp(table->version, LIBRARY_VERSION()) != 0)
        throw Failure{OCV_CANNOT, path + ": not of this version; install Expressions again"};
    return *table;
}

const Codecs &codecs()
{
    static const Codecs &table = load<Codecs>("pictures.so", "expressions_codecs");
    return table;
}

const Videos &videos()
{
    static const Videos &table = load<Videos>("videos.so", "expressions_videos");
    return table;
}
