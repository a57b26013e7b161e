/* Writes what the harnesses start from: FOLDER/HARNESS/..., small inputs of every kind, sound ones
 * and such as a reader has to refuse: without its checks, these would lead it astray.
 * Usage: make_seeds FOLDER MEAN_FACES */
#include "small_model.h"
#include "small_training.h"

#include "file.h"
#include "ocv.h"

#include <sys/stat.h>
#include <zlib.h>

static const char *root;

static const char *place(const char *harness, const char *name)
{
    static char path[2 * TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", root, harness);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", root, harness, name);
    return path;
}

static void seed(const char *harness, const char *name, const void *bytes, size_t size)
{
    write_bytes(place(harness, name), bytes, size);
}

static void seed_text(const char *harness, const char *name, const char *text)
{
    seed(harness, name, text, strlen(text));
}

static void make_model(const char *name, struct model model)
{
    struct error error;
    EXPECT(model_save(&model, place("model", name), &error) == 0);
    model_free(&model);
}

/* The small model with all its weights like this. */
static struct model even_model(float weight)
{
    struct model model = small_model(1);
    for (size_t i = 0; i < model.networks[0].mlp.parameter_count; i++)
        model.networks[0].mlp.parameters[i] = weight;
    return model;
}

/* Makes the last value of a model no number: none is written so. */
static void spoil(const char *path)
{
    size_t size;
    uint8_t *bytes = read_bytes(path, &size);
    memcpy(bytes + size - 4, "\0\0\xC0\x7F", 4);
    write_bytes(path, bytes, size);
    free(bytes);
}

/* Puts as many letters in the place of others. */
static void replace(char *text, const char *old, const char *new)
{
    char *found = strstr(text, old);
    EXPECT(found && strlen(old) == strlen(new));
    memcpy(found, new, strlen(new));
}

static void make_models(void)
{
    make_model("small", small_model(1));
    make_model("full", full_model(2));
    make_model("not_a_number", even_model(1));
    spoil(place("model", "not_a_number"));
    make_model("large", even_model(1e20f));
    /* A layer larger than its values. */
    size_t size;
    char *bytes = (char *)read_bytes(place("model", "small"), &size);
    replace(bytes + 8, "64,5,3", "64,9,3");
    replace(bytes + 8, "[5,64]", "[9,64]");
    seed("model", "larger", bytes, size);
    free(bytes);
}

static void make_checkpoint(void)
{
    struct error error;
    struct training_state state;
    struct recipe recipe = checkpoint_test_recipe();
    checkpoint_test_state(&state, &recipe);
    state.epochs = 2;
    state.updates = 9;
    state.history[0] = state.history[1] = (struct epoch_result){1.5, 0.25, 1.25, 0.5, 3};
    EXPECT(checkpoint_save(&state, &recipe, place("checkpoint", "first"), &error) == 0);
    for (int n = 0; n < recipe.network_count; n++)
        EXPECT(mlp_fold(&state.mlps[n], &state.best[n], &error) == 0);
    state.best_epoch = 1;
    state.best_accuracy = 0.5;
    EXPECT(checkpoint_save(&state, &recipe, place("checkpoint", "best"), &error) == 0);
    mlp_free(&state.aligner);
    for (int n = 0; n < recipe.network_count; n++) {
        mlp_free(&state.mlps[n]);
        mlp_free(&state.best[n]);
        optimizer_free(&state.optimizers[n]);
        free(state.features[n].dictionary);
    }
    free(state.history);
}

enum { PIXELS = FACE_SIDE * FACE_SIDE };

/* One row, with so many fields more than the header names. */
static void make_row(const char *name, int label, int pixels, int more)
{
    char text[3 * PIXELS];
    size_t used = (size_t)sprintf(text, "emotion,pixels,Usage\n%d,", label);
    for (int i = 0; i < pixels; i++)
        used += (size_t)sprintf(text + used, "%s%d", i ? " " : "", i % 10);
    sprintf(text + used, ",Training%.*s\n", more, ",,,,,,,,,,,,,,,,,,,,");
    seed_text("fer2013", name, text);
}

static void make_tables(void)
{
    static const char rows[] =
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,"
        "NF\nTraining,a.png,4,0,0,1,3,2,0,0,0,0\nTraining,,10,0,0,0,0,0,0,0,0,0\r\n"
        "PublicTest,b.png,0,0,0,0,0,0,0,0,0,10\nPrivateTest,c.png,0,6,0,0,0,0,0,1,3,0\n";
    char text[2 * sizeof rows];
    make_row("one", 3, PIXELS, 0);
    make_row("label", LABEL_COUNT, PIXELS, 0);
    make_row("pixels", 3, PIXELS + 1, 0);
    make_row("fields", 3, PIXELS, 20);
    seed_text("fer2013", "bad",
              "\xef\xbb\xbf emotion , pixels, Usage \r\n6,\"0 255 7\",PublicTest");
    seed_text("votes", "four", rows);
    sprintf(text, "%sPrivateTest,d.png,0,10,0,0,0,0,0,0,0,0\n", rows);
    seed_text("votes", "five", text);
}

static size_t put_gzip(const uint8_t *bytes, size_t size, uint8_t *out)
{
    z_stream stream = {0};
    EXPECT(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    uLong room = deflateBound(&stream, (uLong)size);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    EXPECT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    size_t used = stream.total_out;
    deflateEnd(&stream);
    return used;
}

static void make_idx(void)
{
    enum { SIDE = 8, COUNT = 2, IMAGES = 16 + COUNT * SIDE * SIDE, LABELS = 8 + COUNT };
    uint8_t images[IMAGES] = {0, 0, 8, 3, 0, 0, 0, COUNT, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
    uint8_t labels[LABELS] = {0, 0, 8, 1, 0, 0, 0, COUNT, 1, 4}, all[4096];
    for (int compressed = 0; compressed < 2; compressed++) {
        size_t used = 6;
        for (int i = 0; i < 4; i++) {
            const uint8_t *from = i % 2 ? labels : images;
            size_t size = i % 2 ? LABELS : IMAGES, length = size;
            if (compressed)
                length = put_gzip(from, size, all + used);
            else
                memcpy(all + used, from, size);
            if (i < 3) {
                all[2 * i] = (uint8_t)length;
                all[2 * i + 1] = (uint8_t)(length >> 8);
            }
            used += length;
        }
        seed("idx", compressed ? "compressed" : "plain", all, used);
    }
}

static int append(void *writer, const void *bytes, size_t size)
{
    file_writer_append(writer, bytes, size);
    return 0;
}

static void make_pictures(void)
{
    static const char *const endings[] = {".png", ".jpg", ".bmp", ".webp",
                                          ".tif", ".jp2", ".pgm", ".ppm"};
    uint8_t pixels[12 * 10 * 3];
    struct rng rng = rng_make(3, 0);
    fill_noise(&rng, pixels, sizeof pixels);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        for (int to = 0; to < 2; to++) {
            struct error error;
            struct file_writer *writer;
            const char *path = place(to ? "folders" : "picture", endings[i] + 1);
            EXPECT(file_writer_open(&writer, path, &error) == 0);
            if (ocv_encode_bgr((struct bgr_image){pixels, 12, 10, 36}, endings[i], append, writer,
                               NULL) == OCV_OK)
                EXPECT(file_writer_commit(&writer, &error) == 0);
            else
                file_writer_discard(&writer);
        }
    }
}

static void make_cascade(void)
{
    seed_text("cascade", "small",
              "<?xml version=\"1.0\"?><opencv_storage><cascade><stageType>BOOST</stageType>"
              "<featureType>HAAR</featureType><height>8</height><width>8</width><stageParams>"
              "<maxWeakCount>2</maxWeakCount></stageParams><featureParams><maxCatCount>0"
              "</maxCatCount></featureParams><stageNum>1</stageNum><stages><_><maxWeakCount>2"
              "</maxWeakCount><stageThreshold>-1.</stageThreshold><weakClassifiers><_>"
              "<internalNodes>0 -1 0 0.</internalNodes><leafValues>1. -1.</leafValues></_><_>"
              "<internalNodes>1 0 1 .1 -1 -2 0 0.</internalNodes><leafValues>1. -1. .5</leafValues>"
              "</_></weakClassifiers></_></stages><features><_><rects><_>0 0 8 8 -1.</_><_>0 2 8 4 "
              "2.</_></rects><tilted>0</tilted></_><_><rects><_>4 0 3 2 -1.</_></rects><tilted>1"
              "</tilted></_></features></cascade></opencv_storage>");
}

static void make_command_lines(void)
{
    seed_text("expressions_options", "demo", "--demo\n--headless\n--json\n--max-frames\n210");
    seed_text("expressions_options", "images",
              "--image\na.png\nb.png\n--output=c\n--csv\nd.csv\n--quiet\n--\n--e.png");
    seed_text("expressions_options", "camera",
              "--camera\n0\n--size\n640x480\n--fps=30\n--smooth\n0.3\n--mirror\n--exit-on-loss");
    seed_text("expressions_options", "video",
              "--video=a.mp4\n--report\nr\n--model\nm\n--cascade\nc");
    seed_text("expressions_options", "print",
              "--model-info\n--verbose\n--no-mirror\n--list-cameras");
    seed_text("expressions_options", "narrow", "--demo\n--size\n8x480");
    seed_text("expressions_options", "slow", "--demo\n--smooth\n61");
    seed_text("expressions_options", "nothing", "--headless");
    seed_text("train_options", "train",
              "--data\na.csv\n--ferplus=b\n--output\nm\n--features\nhog,pixels\n--hidden\n@64,512\n"
              "--activation\ntanh\n--epochs=3\n--dropout\n0.5\n--batch-norm\noff");
    seed_text("train_options", "descent",
              "--descent\nfull\n--optimizer\nsgd\n--learning-rate\n0.1\n--loss\nmse\n"
              "--output-activation\nsigmoid\n--hidden\nnone\n--seed=7\n--threads\n2");
    seed_text("train_options", "evaluate",
              "--evaluate\nm\n--split\nPublicTest\n--json\n--report=r");
    seed_text("train_options", "others",
              "--export-onnx\na.onnx\nm\n--mean-faces\np.png\n--skip-bad");
    seed_text("train_options", "many", "--features\nhog,hog,hog,hog,hog");
    seed_text("train_options", "deep", "--hidden\n8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8");
}

static void make_names(void)
{
    static const char numbers[] = "\200\002\0\0\340\001\0\0\012\0\0\0\024\0\0\0\150\0\0\0\151\0\0\0"
                                  "\0\20\40\60\100\120\140";
    static const char *const names[] = {"face.jpg", "=1+2,\"q\".png", "a\nb\r\033[31m\302\233.png",
                                        "\303\274\360\237\230\200\377\300\200\355\240\200"};
    char input[256], name[8];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t head = sizeof numbers - 1, length = strlen(names[i]);
        memcpy(input, numbers, head);
        memcpy(input + head, names[i], length);
        snprintf(name, sizeof name, "%zu", i);
        seed("results", name, input, head + length);
    }
    seed("crop", "inside", "\4\0\0\0\5\0\0\0\20\0\0\0\20\0\0\0\50\36abcdef", 24);
    seed("crop", "outside", "\376\377\377\377\0\1\0\0\0\1\0\0\1\0\0\0\1\2xyz", 21);
}

int main(int argc, char *argv[])
{
    if (argc != 2)
        return 2;
    root = argv[1];
    mkdir(root, 0777);
    ocv_setup(1);
    make_models();
    make_checkpoint();
    make_tables();
    make_idx();
    make_pictures();
    make_cascade();
    make_command_lines();
    make_names();
    return 0;
}
