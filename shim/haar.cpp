#include "haar.hpp"

#include "vectorize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

enum { LANES = Haar::LANES };

/* What is known of a window. */
static constexpr int32_t FLAT = 0, FAILED = 1, PASSED = 2;

/* ---- Reading --------------------------------------------------------------------------------- */

static Haar::Feature read_feature(const cv::FileNode &node)
{
    Haar::Feature feature = {};
    size_t i = 0;
    for (const cv::FileNode &one : node["rects"]) {
        feature.rectangles[i] = cv::Rect(one[0], one[1], one[2], one[3]);
        feature.weights[i++] = static_cast<float>(one[4]);
    }
    feature.tilted = static_cast<int>(node["tilted"]) != 0;
    return feature;
}

/* Internal nodes are [left right feature threshold]; a side above 0 is a node's number, else minus
 * a leaf's. */
static int read_tree(const cv::FileNode &tree, std::vector<Haar::Node> &nodes)
{
    const cv::FileNode inner = tree["internalNodes"], leaves = tree["leafValues"];
    const int count = static_cast<int>(inner.size() / 4);
    std::vector<float> values;
    leaves >> values;
    cv::FileNodeIterator number = inner.begin();
    for (int i = 0; i < count; i++) {
        Haar::Node node = {};
        for (int side = 0; side < 2; side++, ++number) {
            const int child = static_cast<int>(*number);
            node.next[side] = child;
            node.values[side] = child > 0 ? 0 : values[static_cast<size_t>(-child)];
        }
        node.feature = static_cast<int>(*number);
        ++number;
        node.threshold = static_cast<float>(*number);
        ++number;
        nodes.push_back(node);
    }
    return count;
}

Haar::Haar(const cv::FileNode &cascade)
    : window_(static_cast<int>(cascade["width"]), static_cast<int>(cascade["height"]))
{
    const float tolerance = 1e-5F; /* the thresholds' in OpenCV */
    features_.reserve(cascade["features"].size());
    for (const cv::FileNode &node : cascade["features"]) {
        features_.push_back(read_feature(node));
        tilted_ = tilted_ || features_.back().tilted;
    }
    for (const cv::FileNode &node : cascade["stages"]) {
        const cv::FileNode trees = node["weakClassifiers"];
        stages_.push_back({static_cast<int>(sizes_.size()), static_cast<int>(trees.size()), 0,
                           static_cast<float>(node["stageThreshold"]) - tolerance});
        for (const cv::FileNode &tree : trees) {
            sizes_.push_back(read_tree(tree, nodes_[0]));
            stumps_ = stumps_ && sizes_.back() == 1;
        }
    }
    if (stumps_)
        sort();
    nodes_[1] = nodes_[0];
}

/* Puts stumps of two rectangles before those of three; the order does not count. */
void Haar::sort()
{
    for (Stage &stage : stages_) {
        const auto first = nodes_[0].begin() + stage.first, last = first + stage.trees;
        const auto rest = std::stable_partition(first, last, [&](const Node &node) {
            return features_[static_cast<size_t>(node.feature)].weights[2] == 0;
        });
        stage.pairs = static_cast<int>(rest - first);
    }
}

cv::Size Haar::window() const
{
    return window_;
}

/* ---- Tables of sums -------------------------------------------------------------------------- */

/* Makes the tables large enough for such a picture; they never shrink, since all places change
 * with them. The first row lies before all pixels, and so does, of upright sums, the first column:
 * they stay 0. */
void Haar::reserve(cv::Size picture)
{
    const int columns = (picture.width / 2 / LANES + 3) * LANES, rows = picture.height + 1;
    if (columns <= columns_ && rows <= rows_)
        return;
    columns_ = std::max(columns, columns_);
    rows_ = std::max(rows, rows_);
    table_ = static_cast<size_t>(rows_) * static_cast<size_t>(2 * columns_) + LANES;
    sums_.assign(table_ * (tilted_ ? 3 : 2), 0);
    norms_.assign(static_cast<size_t>(2 * columns_), 0);
    states_.assign(static_cast<size_t>(2 * columns_), FLAT);
    wanted_.assign(static_cast<size_t>(2 * columns_), 0);
    place(1);
    place(2);
}

uint32_t *Haar::row(int y)
{
    return &sums_[static_cast<size_t>(y) * static_cast<size_t>(2 * columns_)];
}

void Haar::place(int step)
{
    const auto at = [&](int x, int y) { return y * 2 * columns_ + x % step * columns_ + x / step; };
    for (Node &node : nodes_[step - 1]) {
        const Feature &feature = features_[static_cast<size_t>(node.feature)];
        const int table = feature.tilted ? static_cast<int>(2 * table_) : 0;
        for (int i = 0; i < RECTANGLES; i++) {
            const cv::Rect r = feature.rectangles[static_cast<size_t>(i)];
            const int across = feature.tilted ? r.height : 0, down = feature.tilted ? r.width : 0;
            const int places[] = {at(r.x, r.y), at(r.x + r.width, r.y + down),
                                  at(r.x - across, r.y + r.height),
                                  at(r.x + r.width - across, r.y + down + r.height)};
            for (int corner = 0; corner < 4; corner++)
                node.places[i][corner] = table + places[corner];
            node.weights[i] = feature.weights[static_cast<size_t>(i)];
        }
    }
}

void Haar::add_up(const cv::Mat &picture, int step)
{
    const size_t half = step == 2 ? static_cast<size_t>(columns_) : 1;
    for (int y = 0; y < picture.rows; y++) {
        const uint8_t *const pixels = picture.ptr(y);
        const uint32_t *const above = row(y);
        uint32_t *const here = row(y + 1);
        uint32_t sum = 0, squares = 0;
        for (int x = 0; x < picture.cols; x++) {
            const size_t at = step == 2 ? static_cast<size_t>((x + 1) / 2) + ((x + 1) & 1) * half
                                        : static_cast<size_t>(x + 1);
            sum += pixels[x];
            squares += static_cast<uint32_t>(pixels[x]) * pixels[x];
            here[at] = above[at] + sum;
            here[at + table_] = above[at + table_] + squares;
        }
    }
}

/* At (x, y): the sum of the pixels above y within the right angle that opens upwards from (x, y).
 * Beyond the picture's edges there are none, which makes it, at an edge, that of its neighbour one
 * row higher. */
void Haar::tilt(const cv::Mat &picture, int step)
{
    const int width = picture.cols;
    const auto at = [&](int x, int y) -> uint32_t & {
        return row(y)[2 * table_ + static_cast<size_t>(x % step * columns_ + x / step)];
    };
    for (int y = 1; y <= picture.rows; y++) {
        const uint8_t *const pixels = picture.ptr(y - 1);
        const uint8_t *const above = y > 1 ? picture.ptr(y - 2) : nullptr;
        at(0, y) = width > 0 ? at(1, y - 1) : 0;
        for (int x = 1; x <= width; x++) {
            const uint32_t higher = y > 1 ? at(x, y - 2) : 0;
            const uint32_t right = x < width ? at(x + 1, y - 1) : higher;
            at(x, y) = at(x - 1, y - 1) + right - higher + pixels[x - 1] +
                       (above != nullptr ? above[x - 1] : 0);
        }
    }
}

/* ---- Judging --------------------------------------------------------------------------------- */

struct Judge {
    const Haar::Stage *stages;
    int stage_count;
    const int *sizes;
    const Haar::Node *nodes;
    int nodes_of_first; /* stage */
    bool stumps;
    int32_t corners[4]; /* of the window without its edge */
    size_t squares;     /* from a sum to that of the squares */
    double area;        /* of the window without its edge */
};

/* One number for each of the windows that are judged at once. */
typedef float Floats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t Ints __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef uint32_t Words __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef double Doubles __attribute__((vector_size(LANES * sizeof(double))));

#define INLINE __attribute__((always_inline)) static inline

INLINE void load(const void *from, Words &words)
{
    std::memcpy(&words, from, sizeof words);
}

/* The sum over a rectangle in each window from `at` on. */
INLINE void rectangle(const uint32_t *at, const int32_t places[4], Words &sum)
{
    Words first, right, below, last;
    load(at + places[0], first);
    load(at + places[1], right);
    load(at + places[2], below);
    load(at + places[3], last);
    sum = first - right - below + last;
}

INLINE void weigh(const Haar::Node &node, int i, const uint32_t *at, Floats &weighed)
{
    Words sum;
    rectangle(at, node.places[i], sum);
    weighed = node.weights[i] * __builtin_convertvector(reinterpret_cast<Ints &>(sum), Floats);
}

/* In which windows from `at` on the node's feature, of so many rectangles, is below its threshold.
 */
INLINE void respond(const Haar::Node &node, int rectangles, const uint32_t *at, const Floats &norms,
                    Ints &below)
{
    Floats value, more;
    weigh(node, 0, at, value);
    for (int i = 1; i < rectangles; i++) {
        weigh(node, i, at, more);
        value += more;
    }
    below = value * norms < node.threshold;
}

INLINE void choose(const Ints &first, float a, float b, Floats &chosen)
{
    const Floats zeros = {};
    chosen = first ? zeros + a : zeros + b;
}

INLINE void add_stumps(const Haar::Node *node, int count, int rectangles, const uint32_t *at,
                       const Floats &norms, Doubles &sums)
{
    for (; count > 0; count--, node++) {
        Ints below;
        Floats answers;
        respond(*node, rectangles, at, norms, below);
        choose(below, node->values[0], node->values[1], answers);
        sums += __builtin_convertvector(answers, Doubles);
    }
}

/* Each window goes down the tree, whose nodes are in order. */
INLINE void add_tree(const Haar::Node *nodes, int count, const uint32_t *at, const Floats &norms,
                     Doubles &sums)
{
    const Ints none = {};
    Ints reached = {};
    Floats answers = {};
    for (int n = 0; n < count; n++) {
        const Haar::Node &node = nodes[n];
        const Ints here = reached == n;
        Ints below;
        Floats answer;
        respond(node, Haar::RECTANGLES, at, norms, below);
        choose(below, node.values[0], node.values[1], answer);
        answers = here ? answer : answers;
        const Ints next = below ? none + node.next[0] : none + node.next[1];
        reached = here ? next : reached;
    }
    sums += __builtin_convertvector(answers, Doubles);
}

/* Clears in `alive` the windows that fail the stage. Moves *node from its first node to that of the
 * next stage. */
INLINE void judge_stage(const Judge &judge, const Haar::Stage &stage, const Haar::Node **node,
                        const uint32_t *at, const Floats &norms, Ints &alive)
{
    Doubles sums = {};
    if (judge.stumps) {
        const int rest = stage.trees - stage.pairs;
        add_stumps(*node, stage.pairs, 2, at, norms, sums);
        add_stumps(*node + stage.pairs, rest, Haar::RECTANGLES, at, norms, sums);
        *node += stage.trees;
    } else {
        for (int tree = stage.first; tree < stage.first + stage.trees; tree++) {
            add_tree(*node, judge.sizes[tree], at, norms, sums);
            *node += judge.sizes[tree];
        }
    }
    alive &= __builtin_convertvector(sums >= static_cast<double>(stage.threshold), Ints);
}

INLINE bool is_any(const Ints &mask)
{
    int32_t any = 0;
    for (int i = 0; i < LANES; i++)
        any |= mask[i];
    return any != 0;
}

/* 1 / (area * deviation of brightness) of each window; 0 where it is too flat to show anything. */
INLINE void measure(const Judge &judge, const uint32_t *at, float *norms)
{
    Words sums, squares;
    rectangle(at, judge.corners, sums);
    rectangle(at + judge.squares, judge.corners, squares);
    for (int i = 0; i < LANES; i++) {
        const double sum = static_cast<int32_t>(sums[i]);
        const double variance = judge.area * static_cast<double>(squares[i]) - sum * sum;
        const float norm = static_cast<float>(1 / std::sqrt(variance > 0 ? variance : 1));
        norms[i] = variance > 0 && judge.area * static_cast<double>(norm) < 1e-1 ? norm : 0;
    }
}

/* The first stage, for the windows of a row that are wanted. */
VECTOR_CLONES static void judge_first(const Judge &judge, const uint32_t *row, int count,
                                      const int32_t *wanted, float *norms, int32_t *states)
{
    const Ints flat = Ints{} + FLAT, failed = Ints{} + FAILED, passed = Ints{} + PASSED;
    for (int x = 0; x < count; x += LANES) {
        const Haar::Node *node = judge.nodes;
        Floats norm;
        Ints alive;
        std::memcpy(&alive, wanted + x, sizeof alive);
        if (!is_any(alive)) {
            std::memcpy(states + x, &flat, sizeof flat);
            continue;
        }
        measure(judge, row + x, norms + x);
        std::memcpy(&norm, norms + x, sizeof norm);
        alive &= norm > 0;
        const Ints rough = alive;
        judge_stage(judge, judge.stages[0], &node, row + x, norm, alive);
        const Ints state = rough ? (alive ? passed : failed) : flat;
        std::memcpy(states + x, &state, sizeof state);
    }
}

/* The other stages, for those that have passed it. */
VECTOR_CLONES static void judge_others(const Judge &judge, const uint32_t *row, int count,
                                       const float *norms, int32_t *states)
{
    for (int x = 0; x < count; x += LANES) {
        const Haar::Node *node = judge.nodes + judge.nodes_of_first;
        Floats norm;
        Ints state;
        std::memcpy(&norm, norms + x, sizeof norm);
        std::memcpy(&state, states + x, sizeof state);
        Ints alive = state == PASSED;
        for (int stage = 1; stage < judge.stage_count && is_any(alive); stage++)
            judge_stage(judge, judge.stages[stage], &node, row + x, norm, alive);
        state = alive ? state : Ints{} + FAILED;
        std::memcpy(states + x, &state, sizeof state);
    }
}

/* Leaves out each window after one that failed, and those behind the row's end. */
static void leave_out(int32_t *states, int count)
{
    for (int x = 0; x < count; x++)
        if (states[x] == FAILED && x + 1 < count)
            states[++x] = FLAT;
    std::fill_n(states + count, (LANES - count % LANES) % LANES, FLAT);
}

void Haar::limit(const ocv_blocks *blocks, float scale)
{
    blocks_ = blocks;
    scale_ = scale;
}

/* Which windows of the row touch a marked block. */
void Haar::want(int y, int step, int count)
{
    const auto block_at = [&](int pixel, int most) {
        return std::min(static_cast<int>(static_cast<float>(pixel) * scale_) / blocks_->side,
                        most - 1);
    };
    const int across = blocks_->across;
    const int top = block_at(y, blocks_->down),
              bottom = block_at(y + window_.height, blocks_->down);
    marked_.assign(static_cast<size_t>(across + 1), 0);
    for (int column = 0; column < across; column++) {
        int any = 0;
        for (int block = top; block <= bottom; block++)
            any |= blocks_->marked[block * across + column];
        marked_[static_cast<size_t>(column + 1)] = marked_[static_cast<size_t>(column)] + any;
    }
    for (int i = 0; i < count; i++) {
        const int left = block_at(i * step, across);
        const int right = block_at(i * step + window_.width, across);
        wanted_[static_cast<size_t>(i)] =
            marked_[static_cast<size_t>(right + 1)] > marked_[static_cast<size_t>(left)] ? -1 : 0;
    }
}

void Haar::find(const cv::Mat &picture, int step, int rows, std::vector<cv::Point> &found)
{
    const int across = picture.cols - window_.width;
    if (across < 0 || rows <= 0)
        return;
    reserve(picture.size());
    add_up(picture, step);
    if (tilted_)
        tilt(picture, step);
    const int count = across / step + 1, right = window_.width - 1, bottom = window_.height - 1;
    const auto at = [&](int x, int y) { return y * 2 * columns_ + x % step * columns_ + x / step; };
    const Judge judge = {stages_.data(),
                         static_cast<int>(stages_.size()),
                         sizes_.data(),
                         nodes_[step - 1].data(),
                         std::accumulate(sizes_.data(), sizes_.data() + stages_[0].trees, 0),
                         stumps_,
                         {at(1, 1), at(right, 1), at(1, bottom), at(right, bottom)},
                         table_,
                         static_cast<double>((window_.width - 2) * (window_.height - 2))};
    std::fill(wanted_.begin(), wanted_.end(), -1);
    for (int y = 0; y < rows; y += step) {
        if (blocks_ != nullptr)
            want(y, step, count);
        judge_first(judge, row(y), count, wanted_.data(), norms_.data(), states_.data());
        leave_out(states_.data(), count);
        judge_others(judge, row(y), count, norms_.data(), states_.data());
        for (int x = 0; x < count; x++)
            if (states_[static_cast<size_t>(x)] == PASSED)
                found.emplace_back(x * step, y);
    }
}
