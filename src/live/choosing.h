/* What the window shows, chosen in it: a camera, the demo or a video. */
#ifndef CHOOSING_H
#define CHOOSING_H

#include "session.h"

/* Shows the menu over a window that has nothing else to show, and why that is so. */
void choosing_welcome(struct session *session, const char *title, const char *reason);
/* Shows the menu over the picture, or hides it. */
void choosing_menu(struct session *session);
/* Opens what the user has chosen in the menu. */
void choosing_choice(struct session *session);
/* Opens a video. */
void choosing_video(struct session *session, const char *path);
void choosing_next_camera(struct session *session);

/* Shows what was opened meanwhile, and offers cameras that were plugged in. True when what is shown
 * has to change. *failed is -1 where what was opened cannot be shown, as `error` says, else 0. */
bool choosing_follow(struct session *session, int *failed, struct error *error);
/* Leaves a source that has ended; the text of `reason` is empty where nothing is wrong. */
void choosing_leave(struct session *session, const struct error *reason);

#endif
