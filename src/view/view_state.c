#include "view_state.h"

SDL_Rect view_area(struct view *view)
{
    SDL_Rect area = {0, 0, 0, 0};
    paint_note(view->paint, SDL_GetRendererOutputSize(view->window.renderer, &area.w, &area.h));
    int width = 0;
    if (view->window.window)
        SDL_GetWindowSize(view->window.window, &width, NULL);
    view->scene.density = width > 0 ? (double)area.w / width : 1;
    return area;
}
