#include "training.h"

#include "fit_aligner.h"
#include "fit_dictionary.h"
#include "fit_verifier.h"
#include "inspect.h"
#include "log.h"
#include "text.h"
#include "trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 }; /* samples per pass of stochastic and full descent */

struct rng training_stream(const struct recipe *recipe, enum stream stream, int number)
{
    return rng_make(recipe->seed, 1ull << 63 | (uint64_t)stream << 32 | (uint32_t)number);
}

static int make_networks(struct training *t, int batch, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    for (int n = 0; n < r->network_count; n++) {
        struct mlp_config config = recipe_network(r, t->dataset, n);
        struct rng rng = training_stream(r, STREAM_WEIGHTS, n);
        s->features[n] = recipe_features(r, t->dataset, n);
        if (mlp_create(&s->mlps[n], &config, error) < 0 ||
            mlp_activations_create(&t->activations[n], &config, batch, error) < 0 ||
            optimizer_create(&s->optimizers[n], r->optimizer, r->weight_decay,
                             s->mlps[n].parameter_count, error) < 0)
            return -1;
        s->optimizers[n].pool = t->pool;
        t->gradients[n] = calloc(s->mlps[n].parameter_count, sizeof *t->gradients[n]);
        if (!t->gradients[n])
            return error_no_memory(error, "the training");
        mlp_init(&s->mlps[n], &rng);
    }
    return 0;
}

/* 1 where it is to stop. */
static int learn_verifier(struct training *t, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct backgrounds backgrounds;
    const char *folder = t->files->backgrounds;
    if (t->dataset->width != FACE_SIDE || t->dataset->height != FACE_SIDE)
        return error_set(error,
                         "pictures of %dx%d pixels: the verifier learns from faces of %dx%d; "
                         "use --verifier off",
                         t->dataset->width, t->dataset->height, FACE_SIDE, FACE_SIDE);
    if (!folder)
        log_line(t->files->program,
                 "no pictures without faces (see --backgrounds): the "
                 "verifier learns from made-up scenes alone, and will take more places for faces");
    int result = backgrounds_load(&backgrounds, folder, t->count, r->seed, t->pool, t->stop, error);
    if (result != 0)
        return result;
    if (backgrounds.skipped > 0)
        log_line(t->files->program,
                 "%s: %d of %d files cannot be read as pictures, or are too small; left out",
                 folder, backgrounds.skipped, backgrounds.skipped + backgrounds.found);
    printf("backgrounds: %d pictures%s", backgrounds.found, folder ? " of " : "");
    text_print(stdout, folder ? folder : "");
    printf(", %d made-up scenes; cascades take %d places for faces\n",
           backgrounds.count - backgrounds.found, backgrounds.hard_count);
    fflush(stdout);
    result = fit_verifier(&t->state.verifier, t->dataset, t->samples, t->count, &backgrounds,
                          r->seed, t->pool, t->stop, error);
    backgrounds_free(&backgrounds);
    return result;
}

/* The aligner, the verifier and the dictionaries, learned from the training pictures alone; 1 where
 * it is to stop. */
static int learn_vectors(struct training *t, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    int result = r->align && r->epochs > 0 ? fit_aligner(&s->aligner, t->dataset, t->samples,
                                                         t->count, r->seed, t->pool, t->stop, error)
                                           : 0;
    if (result == 0 && r->verifier && r->epochs > 0)
        result = learn_verifier(t, error);
    if (result != 0)
        return result;
    for (int n = 0; n < r->network_count; n++)
        if (features_have_dictionary(&s->features[n]) &&
            fit_dictionary(&s->features[n], t->dataset, t->samples, t->count, r->seed + (uint64_t)n,
                           error) < 0)
            return -1;
    return 0;
}

/* Memory for what learn_vectors would make, and the checkpoint's values in it. */
static int resume_training(struct training *t, const char *path, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    struct mlp_config aligner = fit_aligner_network(t->dataset);
    struct mlp_config verifier = fit_verifier_network(t->dataset);
    aligner.batch_norm = verifier.batch_norm = false;
    if ((r->align && mlp_create(&s->aligner, &aligner, error) < 0) ||
        (r->verifier && mlp_create(&s->verifier, &verifier, error) < 0))
        return -1;
    for (int n = 0; n < r->network_count; n++) {
        size_t size = (size_t)features_dictionary_size(&s->features[n]);
        s->features[n].dictionary = size ? malloc(size * sizeof(float)) : NULL;
        if (size && !s->features[n].dictionary)
            return error_no_memory(error, "the training");
    }
    if (checkpoint_load(s, r, path, error) < 0)
        return -1;
    for (int n = 0; n < r->network_count; n++)
        if (features_pair(&s->features[n], error) < 0)
            return -1;
    printf("resuming in epoch %d after %d batches\n", s->epochs + 1, s->batches);
    t->unsaved = s->best[0].parameters != NULL;
    return 0;
}

static int make_faces(struct training *t, struct error *error)
{
    t->faces = malloc((size_t)t->dataset->count * sizeof *t->faces);
    if (!t->faces)
        return error_no_memory(error, "the training");
    const struct dataset *d = t->dataset;
    for (int i = 0; i < d->count; i++)
        t->faces[i] = affine_identity;
    if (!t->state.aligner.parameters)
        return 0;
    if (fit_aligner_apply(&t->state.aligner, d, t->pool, t->faces, error) < 0)
        return -1;
    for (int i = 0; i < d->count; i++)
        t->faces[i] = align_enlarge(&t->faces[i], RECIPE_ENLARGE, d->width, d->height);
    return 0;
}

void training_weigh(struct training *t)
{
    const struct recipe *r = t->recipe;
    const struct target_mix unsmoothed = {.votes_share = r->targets.votes_share};
    float target[MODEL_MAX_CLASSES];
    double sum = 0.0, power = recipe_weighs(r) ? -(double)r->class_weights : 0.0;
    training_shares(t, t->prior);
    for (int i = 0; i < t->count; i++) {
        double rarity = 0.0;
        dataset_target(t->dataset, &unsmoothed, t->samples[i], target);
        for (int k = 0; k < t->dataset->class_count; k++)
            rarity += (double)target[k] * pow((double)t->prior[k], power);
        t->weights[t->samples[i]] = (float)rarity;
        sum += rarity;
    }
    for (int i = 0; i < t->count; i++)
        t->weights[t->samples[i]] *= (float)(t->count / sum);
}

int training_prepare(struct training *t, const char *resume, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    int batch = r->batching == BATCHING_MINI_BATCH ? r->batch_size : CHUNK;
    if (dataset_split(t->dataset, SPLIT_TRAINING, &t->samples, &t->count, error) < 0 ||
        thread_pool_create(&t->pool, r->threads, error) < 0 || make_networks(t, batch, error) < 0)
        return -1;
    if (r->batch_norm && t->count < 2)
        return error_set(error, "batch normalization needs 2 training pictures or more; add some "
                                "or --batch-norm off");
    t->step = r->step;
    t->step.pool = t->pool;
    t->step.position_dropout = t->step.input_dropout;
    t->step.input_dropout = 0.0f; /* it is the loader's work */
    t->order = malloc((size_t)t->count * sizeof *t->order);
    t->answers = malloc((size_t)batch * (size_t)t->dataset->class_count * sizeof *t->answers);
    t->agreed = malloc((size_t)batch * (size_t)t->dataset->class_count * sizeof *t->agreed);
    t->weights = malloc((size_t)t->dataset->count * sizeof *t->weights);
    s->history = calloc((size_t)r->epochs + 1, sizeof *s->history);
    if (!t->order || !t->answers || !t->agreed || !t->weights || !s->history)
        return error_no_memory(error, "the training");
    training_weigh(t);
    s->fingerprint = inspect_fingerprint(t->dataset);
    int result = resume ? resume_training(t, resume, error) : learn_vectors(t, error);
    if (result == 0)
        result = make_faces(t, error);
    if (result != 0)
        return result;
    struct loader_config loading = {.dataset = t->dataset,
                                    .faces = t->faces,
                                    .feature_count = r->network_count,
                                    .augment = r->augment,
                                    .targets = r->targets,
                                    .weights = t->weights,
                                    .input_dropout = r->step.input_dropout,
                                    .mixup = r->mixup,
                                    .views = recipe_views(r),
                                    .batch_size = batch,
                                    .seed = r->seed,
                                    .workers = r->threads};
    memcpy(loading.features, s->features, sizeof loading.features);
    if (validation_create(&t->validation, r, t->dataset, s->features, t->faces, error) < 0 ||
        loader_create(&t->loader, &loading, error) < 0)
        return -1;
    for (int n = 0; n < r->network_count; n++)
        mlp_workspace_share(t->validation.workspaces[n], t->pool);
    int per_epoch = r->batching == BATCHING_FULL         ? 1
                    : r->batching == BATCHING_STOCHASTIC ? t->count
                                                         : loader_batch_count(t->loader, t->count);
    t->planned_updates = (long)r->epochs * per_epoch;
    return 0;
}

void training_release(struct training *t)
{
    struct training_state *s = &t->state;
    loader_free(&t->loader);
    mlp_free(&s->aligner);
    mlp_free(&s->verifier);
    for (int n = 0; n < MODEL_MAX_NETWORKS; n++) {
        mlp_free(&s->mlps[n]);
        mlp_free(&s->best[n]);
        optimizer_free(&s->optimizers[n]);
        mlp_activations_free(&t->activations[n]);
        features_free(&s->features[n]);
        free(t->gradients[n]);
    }
    free(s->history);
    thread_pool_free(&t->pool);
    validation_free(&t->validation);
    free(t->answers);
    free(t->agreed);
    free(t->weights);
    free(t->faces);
    free(t->samples);
    free(t->order);
}
