/* Which requests --serve answers. Browsers carry out what any page on the web tells them, towards
 * this computer too; what they send along says on whose behalf. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>

/* Headers of the request; NULL: it has none of that name. */
struct request {
    const char *host;        /* Host */
    const char *origin;      /* Origin */
    const char *site;        /* Sec-Fetch-Site */
    const char *mode;        /* Sec-Fetch-Mode */
    const char *destination; /* Sec-Fetch-Dest */
    bool page;               /* asks for the page itself, which links may lead to */
};

/* Why the request is refused, for a person to read, or NULL where it is not. Host has to be an
 * address, localhost or one of `names`, ended by NULL: a name that somebody else points here (DNS
 * rebinding) does not count. Origin, where there is one, has to be Host's own page. */
const char *request_refusal(const struct request *request, const char *const *names);

#endif
