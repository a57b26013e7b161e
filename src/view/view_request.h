/* What the window asks of the program for its user, and the menu that it asks its user with. */
#ifndef VIEW_REQUEST_H
#define VIEW_REQUEST_H

#include <stdbool.h>

enum view_request {
    VIEW_IDLE,      /* no event came */
    VIEW_NOTHING,   /* the event can be ignored */
    VIEW_REDRAW,    /* call view_draw */
    VIEW_PAUSE,     /* pause or go on */
    VIEW_SMOOTHER,  /* smooth more */
    VIEW_SHARPER,   /* smooth less */
    VIEW_RECORD,    /* begin or end a recording */
    VIEW_CALIBRATE, /* the chosen face, or undo it */
    VIEW_ADAPT,     /* to resting faces, or not */
    VIEW_NEXT_CAMERA,
    VIEW_MENU,   /* show the menu, or hide it */
    VIEW_CHOICE, /* show what view_choice returns */
    VIEW_DROP,   /* show the video that view_dropped returns */
    VIEW_NEXT,   /* stills: any key that means nothing else there */
    VIEW_QUIT
};

/* A menu in the middle of the window: what could be shown instead. */
enum { VIEW_CHOICES = 10, VIEW_CHOICE_SIZE = 128 };

struct view_menu {
    char title[64];
    char text[1024]; /* why it is there; may be empty */
    int count;
    char choices[VIEW_CHOICES][VIEW_CHOICE_SIZE];
    bool stays; /* there is nothing behind it to go back to */
};

#endif
