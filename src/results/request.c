#include "request.h"

#include "host_port.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The name within Host, without port and brackets; false where there is none that fits. */
static bool host_name(const char *host, char name[HOST_SIZE])
{
    bool brackets = *host == '[';
    const char *begin = host + brackets;
    size_t length = strcspn(begin, brackets ? "]" : ":");
    if (length == 0 || length >= HOST_SIZE || (brackets && begin[length] != ']'))
        return false;
    memcpy(name, begin, length);
    name[length] = '\0';
    const char *after = begin + length + brackets;
    return *after == '\0' || (*after == ':' && after[1 + strspn(after + 1, "0123456789")] == '\0');
}

static bool is_own(const char *host, const char *const *names)
{
    struct in6_addr address;
    char name[HOST_SIZE];
    if (!host_name(host, name))
        return false;
    if (*host == '[')
        return inet_pton(AF_INET6, name, &address) == 1;
    bool own = strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &address) == 1;
    for (; !own && *names; names++)
        own = strcasecmp(name, *names) == 0;
    return own;
}

static bool is_page_of(const char *origin, const char *host)
{
    const char *rest = strncmp(origin, "http://", 7) == 0    ? origin + 7
                       : strncmp(origin, "https://", 8) == 0 ? origin + 8 /* before a proxy */
                                                             : NULL;
    return rest && strcasecmp(rest, host) == 0;
}

static bool is(const char *text, const char *value)
{
    return text && strcmp(text, value) == 0;
}

const char *request_refusal(const struct request *request, const char *const *names)
{
    if (!request->host || !is_own(request->host, names))
        return "refused: this host name is not served; open the page by its IP address, or name "
               "the host in --serve HOST:PORT";
    if (request->origin && !is_page_of(request->origin, request->host))
        return "refused: the request comes from a page of another site";
    bool followed =
        request->page && is(request->mode, "navigate") && is(request->destination, "document");
    if (request->site && !is(request->site, "same-origin") && !is(request->site, "none") &&
        !followed)
        return "refused: the request comes from a page of another site";
    return NULL;
}
