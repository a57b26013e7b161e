/* The window on a real display: what it shows, and its keys. Run by window.sh. */
#include "testing.h"

#include "keys.h"
#include "ocv.h"
#include "overlay.h"
#include "picture_file.h"
#include "resources.h"
#include "view.h"
#include "view_state.h"

#include <sys/stat.h>

enum { WIDTH = 640, HEIGHT = 480, HAPPY = 3 };

static const struct expressions_box box = {60, 150, 160, 160};

/* Gives the display time to give the window its size. */
static void settle(struct view *view)
{
    struct error error;
    for (int round = 0; round < 6; round++) {
        do
            assert_int_equal(view_draw(view, &error), 0);
        while (view_next(view, 40) != VIEW_IDLE);
    }
}

static struct view *open_view(bool live)
{
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    memset(pixels, 90, sizeof pixels);
    struct expressions_face face = {.id = 1, .box = box, .label = HAPPY, .probabilities[HAPPY] = 1};
    struct view_settings settings = {
        .title = "test", .drawing = {resource_font(), .bars = true}, .live = live};
    struct view *view = NULL;
    struct error error = {.text = ""};
    if (view_open(&view, &settings, &error))
        fail_msg("%s", error.text);
    struct image picture = image_of((struct bgr_image){pixels, WIDTH, HEIGHT, WIDTH * 3});
    view_set_picture(view, &picture, &face, 1, 0);
    settle(view);
    return view;
}

static enum view_request press(struct view *view, SDL_Keycode key)
{
    SDL_Event event = {.key = {.type = SDL_KEYDOWN, .state = SDL_PRESSED, .keysym.sym = key}};
    return view_handle(view, &event);
}

/* The screenshot that the key takes. */
static void take(struct view *view, struct frame *frame)
{
    struct error error = {.text = ""};
    empty_folder(NULL);
    assert_int_equal(press(view, SDLK_s), VIEW_REDRAW);
    assert_int_equal(count_files(0), 1);
    DIR *folder = opendir(".");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] != '.' && picture_read(entry->d_name, frame, NULL, &error))
            fail_msg("%s", error.text);
    }
    closedir(folder);
    assert_true(frame->width >= WIDTH / 2);
}

/* The pixel of the screenshot that shows (x, y) of the picture. */
static const uint8_t *shown(const struct frame *frame, int x, int y)
{
    double scale = (double)frame->width / WIDTH;
    int column = (int)(x * scale + 1);
    int row = (int)(y * scale + 1);
    return frame->picture.planes[0] + ((size_t)row * (size_t)frame->width + (size_t)column) * 3;
}

static void expect_colour(const uint8_t *pixel, SDL_Color colour, const char *what)
{
    expect_close(pixel[0], colour.b, 3, what);
    expect_close(pixel[1], colour.g, 3, what);
    expect_close(pixel[2], colour.r, 3, what);
}

static void test_what_is_shown(void **state)
{
    (void)state;
    const SDL_Color grey = {90, 90, 90, 255};
    struct view *view = open_view(true);
    struct frame frame = {0};
    take(view, &frame);
    expect_close((double)frame.height / frame.width, (double)HEIGHT / WIDTH, 0.01, "shape");
    expect_colour(shown(&frame, 60, 230), overlay_colour(HAPPY), "left edge of the box");
    expect_colour(shown(&frame, 140, 230), grey, "middle of the face");
    expect_colour(shown(&frame, 620, 460), grey, "corner");
    assert_true(shown(&frame, 70, 140)[0] < 80); /* the label's backdrop */

    int covered = shown(&frame, 230, 160)[0];
    assert_true(covered < 80); /* the bars' backdrop */
    assert_int_equal(press(view, SDLK_p), VIEW_REDRAW);
    take(view, &frame);
    expect_colour(shown(&frame, 232, 160), grey, "where the bars were");

    assert_int_equal(press(view, SDLK_m), VIEW_REDRAW);
    take(view, &frame);
    expect_colour(shown(&frame, WIDTH - 60 - 160, 230), overlay_colour(HAPPY), "mirrored box");
    expect_colour(shown(&frame, 60, 230), grey, "where the box was");
    frame_free(&frame);
    view_close(&view);
    assert_null(view);
}

static void test_live_keys(void **state)
{
    (void)state;
    struct view *view = open_view(true);
    assert_int_equal(press(view, SDLK_SPACE), VIEW_PAUSE);
    assert_int_equal(press(view, SDLK_q), VIEW_QUIT);
    assert_int_equal(press(view, SDLK_ESCAPE), VIEW_QUIT);
    assert_int_equal(press(view, SDLK_z), VIEW_NOTHING);
    assert_int_equal(press(view, SDLK_PLUS), VIEW_SMOOTHER);
    assert_int_equal(press(view, SDLK_r), VIEW_RECORD);
    assert_int_equal(press(view, SDLK_c), VIEW_CALIBRATE);
    assert_int_equal(press(view, SDLK_a), VIEW_ADAPT);
    assert_int_equal(view_chosen(view), 1);
    assert_int_equal(press(view, SDLK_TAB), VIEW_NEXT_CAMERA);
    assert_int_equal(press(view, SDLK_MINUS), VIEW_SHARPER);
    assert_int_equal(press(view, SDLK_f), VIEW_REDRAW);
    assert_int_equal(press(view, SDLK_ESCAPE), VIEW_REDRAW);
    assert_int_equal(press(view, SDLK_ESCAPE), VIEW_QUIT);
    SDL_Event close = {.type = SDL_QUIT};
    assert_int_equal(view_handle(view, &close), VIEW_QUIT);
    view_close(&view);
}

static void expect_difference(const struct frame *a, const struct frame *b, bool different)
{
    assert_int_equal(a->width, b->width);
    size_t size = (size_t)a->width * (size_t)a->height * 3;
    assert_int_equal(memcmp(a->picture.planes[0], b->picture.planes[0], size) != 0, different);
}

/* Each panel is there after its key, and gone after it was pressed again. */
static void test_panels(void **state)
{
    (void)state;
    struct view *view = open_view(true);
    struct frame before = {0}, with = {0}, after = {0};
    struct error error = {.text = ""};
    take(view, &before);
    /* The strip has one sample: its last column is happy. */
    SDL_Color happy = overlay_colour(HAPPY);
    int columns = 0;
    for (int x = 0; x < before.width; x++) {
        const uint8_t *pixel = shown(&before, 0, 460) + ((ptrdiff_t)x - 1) * 3;
        columns += pixel[0] == happy.b && pixel[1] == happy.g && pixel[2] == happy.r;
    }
    assert_in_range(columns, 1, 4);
    assert_false(view_wants_statistics(view));
    assert_int_equal(press(view, SDLK_i), VIEW_REDRAW);
    assert_true(view_wants_statistics(view));
    view_set_statistics(view, "30 fps\n1 MB");
    take(view, &with);
    expect_difference(&before, &with, true);
    assert_true(shown(&with, 12, 60)[0] < 80);
    assert_int_equal(press(view, SDLK_i), VIEW_REDRAW);
    take(view, &after);
    expect_difference(&before, &after, false);

    assert_int_equal(press(view, SDLK_h), VIEW_REDRAW);
    assert_int_equal(view_draw(view, &error), 0);
    assert_int_equal(press(view, SDLK_QUESTION), VIEW_REDRAW);
    take(view, &after);
    expect_difference(&before, &after, false);
    frame_free(&before);
    frame_free(&with);
    frame_free(&after);
    view_close(&view);
}

static bool is_happy(const uint8_t *pixel)
{
    SDL_Color happy = overlay_colour(HAPPY);
    return abs(pixel[0] - happy.b) <= 3 && abs(pixel[1] - happy.g) <= 3 &&
           abs(pixel[2] - happy.r) <= 3;
}

/* How many pixels of another colour a row has between its first happy one and its last; -1: there
 * are few of those. */
static int others_in_row(const struct frame *frame, int y)
{
    const uint8_t *row = frame->picture.planes[0] + (size_t)y * (size_t)frame->width * 3;
    int first = 0, last = frame->width - 1, others = 0;
    while (first < last && !is_happy(row + (size_t)first * 3))
        first++;
    while (last > first && !is_happy(row + (size_t)last * 3))
        last--;
    for (int x = first; x <= last; x++)
        others += !is_happy(row + (size_t)x * 3);
    return last - first > 100 ? others : -1;
}

/* Ten seconds of happiness: the band has its name, and a tick stands at five seconds. */
static void test_strip(void **state)
{
    (void)state;
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    struct expressions_face face = {.id = 1, .box = box, .label = HAPPY, .probabilities[HAPPY] = 1};
    struct image picture = image_of((struct bgr_image){pixels, WIDTH, HEIGHT, WIDTH * 3});
    struct view *view = open_view(true);
    struct frame frame = {0};
    memset(pixels, 90, sizeof pixels);
    for (int i = 0; i <= 110; i++)
        view_set_picture(view, &picture, &face, 1, i * 0.1);
    take(view, &frame);
    int named = 0, ticked = 0, widest = 3 * (frame.width / WIDTH); /* of a tick, at 200 % too */
    for (int y = frame.height * 4 / 5; y < frame.height; y++) {
        int others = others_in_row(&frame, y);
        named += others > widest + 2;
        ticked += others >= 1 && others <= widest;
    }
    assert_true(named >= 4);
    assert_true(ticked >= 4);
    frame_free(&frame);
    view_close(&view);
}

static int legend_pixels(const struct frame *frame, int colour)
{
    int found = 0;
    for (int y = HEIGHT - 50; y < HEIGHT - 2; y++) {
        for (int x = WIDTH / 2; x < WIDTH - 2; x++) {
            const uint8_t *pixel = shown(frame, x, y);
            found += (pixel[2] << 16 | pixel[1] << 8 | pixel[0]) == colour;
        }
    }
    return found;
}

/* Heat where the map is positive, cold where it is negative, nothing where it is zero. */
static void test_explanation(void **state)
{
    (void)state;
    const SDL_Color grey = {90, 90, 90, 255};
    struct view *view = open_view(true);
    struct frame frame = {0};
    struct error error;
    float map[EXPRESSIONS_CROP_PIXELS] = {0};
    for (int y = 0; y < 24; y++) {
        for (int x = 0; x < 24; x++)
            map[y * EXPRESSIONS_CROP_SIDE + x] = y < 12 ? 2 : -2;
    }
    assert_false(view_wants_explanation(view));
    assert_int_equal(press(view, SDLK_e), VIEW_REDRAW);
    assert_true(view_wants_explanation(view));
    assert_int_equal(view_set_explanation(view, 1, map, &error), 0);
    take(view, &frame);
    const uint8_t *warm = shown(&frame, 100, 170);
    const uint8_t *cold = shown(&frame, 100, 210);
    assert_true(warm[2] > 180 && warm[0] < 80);
    assert_true(cold[0] > 180 && cold[2] < 80);
    expect_colour(shown(&frame, 180, 270), grey, "where the map is zero");
    assert_true(legend_pixels(&frame, HEAT_FOR) > 10);
    assert_true(legend_pixels(&frame, HEAT_AGAINST) > 10);
    press(view, SDLK_m);
    take(view, &frame);
    assert_true(shown(&frame, WIDTH - 100, 170)[2] > 180);
    press(view, SDLK_e);
    take(view, &frame);
    expect_colour(shown(&frame, WIDTH - 100, 170), grey, "without it");
    assert_int_equal(legend_pixels(&frame, HEAT_FOR), 0);
    frame_free(&frame);
    view_close(&view);
}

/* A lost camera's last picture is dimmed, without faces. */
static void test_no_signal(void **state)
{
    (void)state;
    const SDL_Color grey = {90, 90, 90, 255};
    struct view *view = open_view(true);
    struct frame frame = {0};
    view_set_signal(view, false);
    take(view, &frame);
    expect_close(shown(&frame, 620, 400)[0], 90 * (255 - 165) / 255.0, 2, "dimmed corner");
    expect_close(shown(&frame, 60, 230)[0], 90 * (255 - 165) / 255.0, 2, "where the box was");
    view_set_signal(view, true);
    take(view, &frame);
    expect_colour(shown(&frame, 60, 230), overlay_colour(HAPPY), "box");
    expect_colour(shown(&frame, 620, 400), grey, "corner");
    frame_free(&frame);
    view_close(&view);
}

/* A click on a face begins its strip; one beside it does nothing. */
static void test_click(void **state)
{
    (void)state;
    struct view *view = open_view(true);
    struct frame frame = {0};
    take(view, &frame);
    SDL_Event click = {.button = {.type = SDL_MOUSEBUTTONDOWN}};
    int width; /* in points, of which a dense screen has fewer than pixels */
    SDL_GetWindowSize(view->window.window, &width, NULL);
    click.button.x = 140 * width / WIDTH;
    click.button.y = 230 * width / WIDTH;
    assert_int_equal(view_handle(view, &click), VIEW_REDRAW);
    click.button.x = 600 * width / WIDTH;
    assert_int_equal(view_handle(view, &click), VIEW_NOTHING);
    frame_free(&frame);
    view_close(&view);
}

static enum view_request move_mouse(struct view *view, int x, int y)
{
    SDL_Event event = {.motion = {.type = SDL_MOUSEMOTION, .x = x, .y = y}};
    return view_handle(view, &event);
}

static enum view_request click_at(struct view *view, int x, int y)
{
    SDL_Event event = {.button = {.type = SDL_MOUSEBUTTONDOWN, .x = x, .y = y}};
    return view_handle(view, &event);
}

/* Each button of the bar does what its key does, by mouse and by keyboard. */
static void test_bar(void **state)
{
    (void)state;
    struct view *view = open_view(true);
    int width, height, buttons = 0;
    bar_hide(view); /* the pointer may stand where the window has opened */
    assert_int_equal(bar_height(view), 0);
    assert_int_equal(press(view, SDLK_RETURN), VIEW_NOTHING);
    for (int i = 0; i < KEY_COUNT; i++) {
        if (!keys[i].icon)
            continue;
        assert_int_equal(press(view, SDLK_RIGHT), VIEW_REDRAW);
        assert_int_equal(view->bar.focus, buttons++);
        assert_int_equal(press(view, SDLK_RETURN), keys[i].act ? VIEW_REDRAW : keys[i].request);
    }
    assert_true(buttons >= 9);
    assert_true(view->scene.help && view->scene.explain);
    assert_int_equal(press(view, SDLK_RIGHT), VIEW_REDRAW);
    assert_int_equal(view->bar.focus, 0);
    assert_int_equal(press(view, SDLK_LEFT), VIEW_REDRAW);
    assert_int_equal(view->bar.focus, buttons - 1);
    assert_int_equal(press(view, SDLK_RETURN), VIEW_REDRAW); /* help */
    assert_int_equal(press(view, SDLK_ESCAPE), VIEW_REDRAW);
    assert_int_equal(bar_height(view), 0);
    assert_int_equal(press(view, SDLK_f), VIEW_REDRAW);

    SDL_GetWindowSize(view->window.window, &width, &height);
    assert_int_equal(move_mouse(view, width / 2, height / 3), VIEW_REDRAW);
    assert_int_equal(view->bar.focus, -1);
    int row = height - bar_height(view) * width / view_area(view).w / 2;
    int seen = 0;
    for (int x = 0; x < width; x++) {
        int before = view->bar.focus;
        move_mouse(view, x, row);
        if (view->bar.focus != before && view->bar.focus == seen + 1)
            seen++;
        if (view->bar.focus == 1)
            assert_int_equal(click_at(view, x, row), VIEW_RECORD);
    }
    assert_int_equal(seen, buttons - 1);
    view->bar.end = SDL_GetTicks();
    while (bar_height(view))
        assert_int_not_equal(view_next(view, 1000), VIEW_IDLE);
    view_close(&view);
}

/* The menu by keyboard and mouse; where there is something behind it, one can go back. */
static void test_menu(void **state)
{
    (void)state;
    static const struct view_menu menu = {
        .title = "no camera", .text = "why", .count = 3, .choices = {"one", "two", "three"}};
    struct view *view = open_view(true);
    int width, height;
    view_show_menu(view, &menu);
    assert_int_equal(press(view, SDLK_DOWN), VIEW_REDRAW);
    assert_int_equal(press(view, SDLK_RETURN), VIEW_CHOICE);
    assert_int_equal(view_choice(view), 1);
    assert_int_equal(press(view, SDLK_UP), VIEW_REDRAW);
    assert_int_equal(press(view, SDLK_UP), VIEW_REDRAW);
    assert_int_equal(press(view, SDLK_SPACE), VIEW_CHOICE);
    assert_int_equal(view_choice(view), 2);
    assert_int_equal(press(view, SDLK_r), VIEW_RECORD);
    /* Another menu keeps the choice that stands out; one after none begins with the first. */
    static const struct view_menu more = {.count = 4, .choices = {"zero", "one", "two", "three"}};
    view_show_menu(view, &more);
    assert_int_equal(view->scene.focus, 3);
    view_show_menu(view, NULL);
    view_show_menu(view, &menu);
    assert_int_equal(view->scene.focus, 0);
    SDL_GetWindowSize(view->window.window, &width, &height);
    int last = -1;
    for (int y = 0; y < height; y++) {
        move_mouse(view, width / 2, y);
        if (click_at(view, width / 2, y) == VIEW_CHOICE)
            last = view_choice(view) == view->scene.focus ? view_choice(view) : -2;
        else
            view_show_menu(view, &menu);
    }
    assert_int_equal(last, 2);
    for (int y = height - 1; y >= 0; y--)
        move_mouse(view, width / 2, y);
    assert_int_equal(view->scene.focus, 0);
    assert_int_equal(press(view, SDLK_ESCAPE), VIEW_REDRAW);
    assert_false(view_has_menu(view));
    struct view_menu alone = menu;
    alone.stays = true;
    view_show_menu(view, &alone);
    assert_int_equal(click_at(view, 1, 1), VIEW_NOTHING);
    assert_true(view_has_menu(view));
    assert_int_equal(press(view, SDLK_ESCAPE), VIEW_QUIT);
    view_close(&view);
}

static void test_drop(void **state)
{
    (void)state;
    struct view *view = open_view(true);
    SDL_Event event = {.drop = {.type = SDL_DROPFILE, .file = SDL_strdup("/films/one.mp4")}};
    assert_int_equal(view_handle(view, &event), VIEW_DROP);
    assert_string_equal(view_dropped(view), "/films/one.mp4");
    view_close(&view);
}

static void test_still_keys(void **state)
{
    (void)state;
    struct view *view = open_view(false);
    for (int i = 0; i < KEY_COUNT; i++) {
        if (keys[i].codes[0] && !keys[i].still)
            assert_int_equal(press(view, keys[i].codes[0]), VIEW_NEXT);
    }
    assert_int_equal(press(view, SDLK_x), VIEW_NEXT);
    assert_int_equal(press(view, SDLK_s), VIEW_REDRAW);
    assert_int_equal(count_files(0), 1);
    assert_int_equal(press(view, SDLK_f), VIEW_REDRAW);
    assert_int_equal(press(view, SDLK_ESCAPE), VIEW_REDRAW);
    assert_int_equal(view_chosen(view), 1);
    assert_int_equal(press(view, SDLK_e), VIEW_REDRAW);
    assert_true(view_wants_explanation(view));
    assert_int_equal(press(view, SDLK_LSHIFT), VIEW_NOTHING);
    assert_int_equal(press(view, SDLK_q), VIEW_QUIT);
    assert_int_equal(press(view, SDLK_ESCAPE), VIEW_QUIT);
    view_close(&view);
}

/* Where the current folder takes no file, the window says so and goes on. */
static void test_screenshot_fails(void **state)
{
    (void)state;
    struct view *view = open_view(true);
    struct error error;
    assert_int_equal(chdir("/proc"), 0);
    assert_int_equal(press(view, SDLK_s), VIEW_REDRAW);
    assert_int_equal(view_draw(view, &error), 0);
    assert_int_equal(chdir(test_folder()), 0);
    assert_int_equal(count_files(0), 0);
    view_close(&view);
}

static int enter_folder(void **state)
{
    return make_folder(state) || chdir(test_folder());
}

static int leave_folder(void **state)
{
    return chdir("/") || remove_folder(state);
}

/* Of one colour, in each form: what the screen shows of it is what ocv_image_to_bgr says. */
static void show_forms(SDL_Renderer *renderer, bool bt709, bool full)
{
    enum { SIDE = 32 };
    uint8_t luma[SIDE * SIDE], cb[SIDE * SIDE], cr[SIDE * SIDE], both[SIDE * SIDE];
    uint8_t packed[SIDE * SIDE * 2], bgr[SIDE * SIDE * 3], shown[4];
    memset(luma, 120, sizeof luma);
    memset(cb, 100, sizeof cb);
    memset(cr, 170, sizeof cr);
    for (int i = 0; i < SIDE * SIDE; i++) {
        both[i] = i % 2 ? 170 : 100;
        packed[2 * i] = 120;
        packed[2 * i + 1] = both[i];
    }
    const struct image images[] = {
        {IMAGE_I420, SIDE, SIDE, {luma, cb, cr}, {SIDE, SIDE, SIDE}, bt709, full},
        {IMAGE_NV12, SIDE, SIDE, {luma, both}, {SIDE, SIDE}, bt709, full},
        {IMAGE_YUYV, SIDE, SIDE, {packed}, {2 * SIDE}, bt709, full},
        image_of((struct bgr_image){bgr, SIDE, SIDE, 3 * SIDE})};
    const SDL_Rect middle = {SIDE / 2, SIDE / 2, 1, 1}, whole = {0, 0, SIDE, SIDE};
    struct error error = {.text = ""};
    assert_int_equal(ocv_image_to_bgr(&images[0], bgr, 3 * SIDE, &error), 0);
    for (int i = 0; i < 4; i++) {
        struct picture_texture texture = {0};
        if (picture_texture_set(&texture, renderer, &images[i], SIDE, SIDE, false, &error))
            fail_msg("form %d: %s", i, error.text);
        assert_int_equal(SDL_RenderCopy(renderer, texture.texture, NULL, &whole), 0);
        assert_int_equal(SDL_RenderReadPixels(renderer, &middle, SDL_PIXELFORMAT_BGRA32, shown, 4),
                         0);
        for (int c = 0; c < 3; c++)
            if (abs(shown[c] - bgr[c]) > 4)
                fail_msg("form %d, BT.709 %d, full %d: channel %d is %d, not %d", i, bt709, full, c,
                         shown[c], bgr[c]);
        picture_texture_free(&texture);
    }
}

static void test_forms(void **state)
{
    (void)state;
    static const char *const drivers[] = {"software", "opengl"};
    assert_int_equal(SDL_Init(SDL_INIT_VIDEO), 0);
    for (int i = 0; i < 2; i++) {
        SDL_SetHintWithPriority(SDL_HINT_RENDER_DRIVER, drivers[i], SDL_HINT_OVERRIDE);
        SDL_Window *window = SDL_CreateWindow("test", 0, 0, 64, 64, SDL_WINDOW_HIDDEN);
        SDL_Renderer *renderer = window ? SDL_CreateRenderer(window, -1, 0) : NULL;
        assert_true(renderer || i > 0); /* OpenGL need not be there */
        for (int kind = 0; renderer && kind < 4; kind++)
            show_forms(renderer, kind & 1, kind & 2);
        SDL_DestroyRenderer(renderer);
        SDL_DestroyWindow(window);
    }
    SDL_ResetHint(SDL_HINT_RENDER_DRIVER);
    SDL_Quit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_shown, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_live_keys, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_panels, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_strip, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_explanation, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_no_signal, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_click, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_bar, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_menu, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_drop, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_still_keys, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_screenshot_fails, enter_folder, leave_folder),
        cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
