/* The window: picture, faces, messages and keys. Everything here belongs to the main thread, except
 * view_wake and view_quit, which any thread may call. */
#ifndef VIEW_H
#define VIEW_H

#include "drawing.h"
#include "frame.h"
#include "view_request.h"

struct view_settings {
    const char *title; /* UTF-8 */
    struct drawing drawing;
    bool mirrored;
    bool live; /* shows the frame rate and the bar, and obeys all keys */
};

struct view;

/* Whether there is a display to open a window on. */
bool view_possible(void);

/* Fails if no window can be opened. The window appears with its first picture, or menu. *settings
 * is copied. */
int view_open(struct view **view, const struct view_settings *settings, struct error *error);
void view_close(struct view **view);
/* Takes it off the screen: what remains to be done before view_close may take long. */
void view_hide(struct view *view);

void view_set_title(struct view *view, const char *title);
void view_set_mirrored(struct view *view, bool mirrored);
void view_set_paused(struct view *view, bool paused);
/* Shows the line for a while. */
void view_say(struct view *view, const char *text);

/* How long it has been recording; negative: not at all. */
void view_set_recording(struct view *view, double seconds);

/* Shows the menu, copied, or hides it where it is NULL. Where there was one, the choice with the
 * same text stands out as before. A hidden window appears with it. One
 * without choices is hidden by the first picture, for which the window then gets its size. */
void view_show_menu(struct view *view, const struct view_menu *menu);
bool view_has_menu(const struct view *view);
/* The index, in the menu, of what was chosen last. */
int view_choice(const struct view *view);
/* The path of the file that was dropped on the window; it lasts until the next view_next. */
const char *view_dropped(const struct view *view);

/* Without a signal, the last picture is shown dimmed. */
void view_set_signal(struct view *view, bool signal);

/* The id of the face that the user has chosen, or that was chosen for them; 0: none. */
int view_chosen(const struct view *view);

/* Whether the user wants to see why the chosen face got its label. */
bool view_wants_explanation(const struct view *view);
/* Shows why, by this map (expressions_explain) over the face. */
int view_set_explanation(struct view *view, int face, const float map[EXPRESSIONS_CROP_PIXELS],
                         struct error *error);

/* Whether statistics are shown; otherwise they need not be computed. */
bool view_wants_statistics(const struct view *view);
/* Frames shown a second, smoothed; 0 at first. */
double view_rate(const struct view *view);
/* Shows these lines, separated by '\n', instead of those before. */
void view_set_statistics(struct view *view, const char *text);

/* Sets what view_draw shows. The faces are copied; the pixels must last until the next call. `time`
 * is in seconds of the source. */
void view_set_picture(struct view *view, const struct image *picture,
                      const struct expressions_face *faces, int count, double time);
/* Stops showing the picture. */
void view_forget_picture(struct view *view);
/* What the network sees of each of these faces, for where statistics are shown:
 * EXPRESSIONS_CROP_PIXELS, or NULL. */
int view_set_inputs(struct view *view, const uint8_t *const *crops, struct error *error);
/* Nothing is done while the window is minimized or hidden. */
int view_draw(struct view *view, struct error *error);

/* What the next event asks for; keys that concern the window alone are done at once. Waits for it
 * for `longest` milliseconds at most; 0: not at all; negative: without limit. VIEW_REDRAW also
 * where something on the screen has to change by itself. */
enum view_request view_next(struct view *view, int longest);

/* When the X display goes away, `ends` is called in place of Xlib's end of the process: on this
 * thread, or on one that wakes it while it is in view_next and stays there. It has to end the
 * process, and must show nothing any more. */
void view_on_loss(void (*ends)(void *context), void *context);

/* Make a waiting view_next return VIEW_NOTHING and VIEW_QUIT, respectively. Any thread. */
void view_wake(struct view *view);
void view_quit(struct view *view);

/* The version of SDL, such as "2.26.5". */
enum { VIEW_VERSION_SIZE = 16 };
void view_sdl_version(char version[VIEW_VERSION_SIZE]);

#endif
