#include "haar.hpp"
#include "ocv_guard.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <tuple>
#include <utility>
#include <vector>

struct ocv_detector {
    Haar cascade;
};

/* ---- A cascade is data, and checked like any other ------------------------------------------- */

/* OpenCV's parser calls itself for every element within an element, as deep as the file goes, and
 * stumbles over NUL bytes, over an attribute at the end of the file, and over a carriage return
 * without a line feed, where it takes the file to end. */
static bool is_shallow_xml(const std::string &text)
{
    enum { DEEPEST = 32 };
    int depth = 0;
    const size_t end = text.find_last_not_of(" \t\r\n");
    if (text.compare(0, 5, "<?xml") != 0 || text[end] != '>' ||
        text.find('\0') != std::string::npos)
        return false;
    for (size_t at = 0; (at = text.find('\r', at)) != std::string::npos; at++)
        if (text.compare(at, 2, "\r\n") != 0)
            return false;
    for (size_t at = 0;
         depth <= DEEPEST && (at = text.find_first_of("<>", at)) != std::string::npos; at++) {
        const bool ends = text[at] == '<' ? text.compare(at, 2, "</") == 0 : text[at - 1] == '/';
        const bool begins =
            text[at] == '<' && at + 1 < text.size() &&
            (std::isalpha(static_cast<unsigned char>(text[at + 1])) != 0 || text[at + 1] == '_');
        depth += begins ? 1 : ends ? -1 : 0;
    }
    return depth <= DEEPEST;
}

template <typename Check> bool all_of(const cv::FileNode &sequence, const Check &check)
{
    for (const cv::FileNode &node : sequence)
        if (!check(node))
            return false;
    return sequence.isSeq() && sequence.size() > 0;
}

/* Whether a rectangle of a feature, [x y width height weight], lies within the window; a tilted one
 * stands on its corner. */
static bool is_rectangle(const cv::FileNode &node, bool tilted, cv::Size window)
{
    int values[4];
    if (!node.isSeq() || node.size() != 5)
        return false;
    for (int i = 0; i < 4; i++) {
        const cv::FileNode value = node[i];
        if (!value.isInt())
            return false;
        values[i] = static_cast<int>(value);
        if (values[i] < 0 || values[i] > std::max(window.width, window.height))
            return false;
    }
    const int x = values[0], y = values[1], width = values[2], height = values[3];
    return x + width <= window.width && (!tilted || x >= height) &&
           y + height + (tilted ? width : 0) <= window.height;
}

static bool is_feature(const cv::FileNode &node, cv::Size window)
{
    const cv::FileNode rectangles = node["rects"];
    const bool tilted = static_cast<int>(node["tilted"]) != 0;
    return rectangles.size() <= 3 && all_of(rectangles, [&](const cv::FileNode &rectangle) {
               return is_rectangle(rectangle, tilted, window);
           });
}

/* A tree: nodes of [left right feature threshold], where 0 and below are leaves, and above 0 nodes
 * that stand further behind. */
static bool is_tree(const cv::FileNode &node, size_t features)
{
    const cv::FileNode nodes = node["internalNodes"], leaves = node["leafValues"];
    if (!nodes.isSeq() || !leaves.isSeq() || nodes.size() == 0 || nodes.size() % 4 != 0 ||
        leaves.size() != nodes.size() / 4 + 1)
        return false;
    const int count = static_cast<int>(nodes.size() / 4);
    cv::FileNodeIterator value = nodes.begin();
    for (int i = 0; i < count; i++) {
        for (int side = 0; side < 2; side++, ++value) {
            const int child = static_cast<int>(*value);
            if (!(*value).isInt() || child >= count || child < -count || (child > 0 && child <= i))
                return false;
        }
        const int feature = static_cast<int>(*value);
        if (!(*value).isInt() || feature < 0 || static_cast<size_t>(feature) >= features)
            return false;
        ++value;
        ++value;
    }
    return true;
}

/* What OpenCV takes on trust when it loads a cascade and searches with it. */
static bool is_sound(const cv::FileNode &cascade)
{
    enum { LARGEST_WINDOW = 1000 };
    const cv::Size window(static_cast<int>(cascade["width"]), static_cast<int>(cascade["height"]));
    const cv::FileNode features = cascade["features"], stages = cascade["stages"];
    if (window.width < 1 || window.width > LARGEST_WINDOW || window.height < 1 ||
        window.height > LARGEST_WINDOW || !cascade["featureType"].isString() ||
        static_cast<std::string>(cascade["featureType"]) != "HAAR" ||
        !cascade["stageType"].isString() ||
        static_cast<std::string>(cascade["stageType"]) != "BOOST" ||
        static_cast<int>(cascade["featureParams"]["maxCatCount"]) != 0)
        return false;
    return all_of(features,
                  [&](const cv::FileNode &feature) { return is_feature(feature, window); }) &&
           all_of(stages, [&](const cv::FileNode &stage) {
               return all_of(stage["weakClassifiers"], [&](const cv::FileNode &tree) {
                   return is_tree(tree, features.size());
               });
           });
}

static std::unique_ptr<ocv_detector> load(const std::string &path)
{
    enum { LARGEST_FILE = 64 << 20 };
    struct stat status;
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > LARGEST_FILE)
        return nullptr;
    std::ifstream stream(path, std::ios::binary);
    std::string text;
    text.reserve(static_cast<size_t>(status.st_size));
    char block[4096];
    while (stream.read(block, sizeof block), stream.gcount() > 0)
        text.append(block, static_cast<size_t>(stream.gcount()));
    if (stream.bad())
        throw Failure{OCV_CANNOT, "cannot be read to its end; check the disk"};
    if (!is_shallow_xml(text))
        return nullptr;
    const cv::FileStorage file(text, cv::FileStorage::READ | cv::FileStorage::MEMORY);
    const cv::FileNode root = file.getFirstTopLevelNode();
    if (!root.isMap() || !is_sound(root))
        return nullptr;
    return std::make_unique<ocv_detector>(ocv_detector{Haar(root)});
}

enum ocv_code ocv_detector_open(struct ocv_detector **detector, const char *cascade_path,
                                struct error *error)
{
    return guarded(error, [&] {
        static const char unreadable[] =
            "not a Haar cascade; take one from Debian's package opencv-data";
        require_readable(cascade_path);
        auto opened = or_cannot(unreadable, [&] { return load(cascade_path); });
        if (!opened)
            throw Failure{OCV_CANNOT, unreadable};
        *detector = opened.release();
    });
}

void ocv_detector_close(struct ocv_detector **detector)
{
    delete *detector;
    *detector = nullptr;
}

/* ---- Searching, with the sizes, steps and groups of OpenCV's detectMultiScale ---------------- */

static cv::Size times(cv::Size size, double factor)
{
    return {cvRound(size.width * factor), cvRound(size.height * factor)};
}

static bool is_within(cv::Size inner, cv::Size outer)
{
    return inner.width <= outer.width && inner.height <= outer.height;
}

/* The sizes of the faces sought, as multiples of the window; where none of the steps lies between
 * the smallest and the largest, the one nearest to the smallest. */
static std::vector<float> scales_for(cv::Size window, cv::Size picture, const ocv_detection &how)
{
    const cv::Size smallest(how.min_side, how.min_side);
    const cv::Size largest = how.max_side > 0 ? cv::Size(how.max_side, how.max_side) : picture;
    std::vector<float> scales;
    float nearest = 0;
    double least = INFINITY;
    for (double scale = 1; is_within(times(window, scale), picture); scale *= how.scale_factor) {
        const auto rounded = static_cast<float>(scale);
        const cv::Size face = times(window, rounded);
        const double far = std::hypot(face.width - smallest.width, face.height - smallest.height);
        if (is_within(smallest, face) && is_within(face, largest))
            scales.push_back(rounded);
        if (far < least) {
            nearest = rounded;
            least = far;
        }
    }
    if (scales.empty() && nearest > 0)
        scales.push_back(nearest);
    return scales;
}

/* How many rows of a picture OpenCV begins windows in. It deals them out in strips of whole steps,
 * one for each 32 windows across the first picture searched; where those come out even, an odd last
 * row is left to nobody. */
static int rows_dealt_out(int rows, int step, int strips)
{
    const int steps = std::max((rows / step + strips - 1) / strips, 1);
    return std::min(rows, strips * steps * step);
}

static std::vector<cv::Rect> find_all(Haar &cascade, const cv::Mat &picture,
                                      const ocv_detection &how, const ocv_blocks *only)
{
    const cv::Size window = cascade.window();
    std::vector<cv::Rect> found;
    cv::Mat resized;
    int strips = 0;
    for (const float scale : scales_for(window, picture.size(), how)) {
        std::vector<cv::Point> corners;
        const cv::Size size(cvRound(static_cast<float>(picture.cols) / scale),
                            cvRound(static_cast<float>(picture.rows) / scale));
        cv::resize(picture, resized, size, 0, 0, cv::INTER_LINEAR_EXACT);
        const int step = scale >= 2 ? 1 : 2;
        if (strips == 0)
            strips = std::max((size.width + 1 - window.width + 31) / 32, 1);
        cascade.limit(only, scale);
        cascade.find(resized, step, rows_dealt_out(size.height + 1 - window.height, step, strips),
                     corners);
        for (const cv::Point corner : corners)
            found.emplace_back(cv::Point(cvRound(static_cast<float>(corner.x) * scale),
                                         cvRound(static_cast<float>(corner.y) * scale)),
                               times(window, scale));
    }
    return found;
}

static const double group_width = 0.2; /* shares of a side */

static bool belong_together(const cv::Rect &a, const cv::Rect &b)
{
    const double most =
        group_width * 0.5 * (std::min(a.width, b.width) + std::min(a.height, b.height));
    return std::abs(a.x - b.x) <= most && std::abs(a.y - b.y) <= most &&
           std::abs(a.br().x - b.br().x) <= most && std::abs(a.br().y - b.br().y) <= most;
}

struct Group {
    cv::Rect box; /* the mean one */
    int size;
};

/* Boxes that are connected through boxes that belong together are one group. */
static std::vector<Group> gather(const std::vector<cv::Rect> &boxes)
{
    std::vector<bool> taken(boxes.size());
    std::vector<Group> groups;
    for (size_t first = 0; first < boxes.size(); first++) {
        if (taken[first])
            continue;
        std::vector<size_t> members = {first};
        taken[first] = true;
        cv::Vec4i sum;
        for (size_t next = 0; next < members.size(); next++) {
            const cv::Rect &box = boxes[members[next]];
            sum += cv::Vec4i(box.x, box.y, box.width, box.height);
            for (size_t i = first + 1; i < boxes.size(); i++)
                if (!taken[i] && belong_together(box, boxes[i])) {
                    taken[i] = true;
                    members.push_back(i);
                }
        }
        const float share = 1.F / static_cast<float>(members.size());
        const auto mean = [&](int i) { return cvRound(static_cast<float>(sum[i]) * share); };
        groups.push_back({{mean(0), mean(1), mean(2), mean(3)}, static_cast<int>(members.size())});
    }
    return groups;
}

/* Whether a group lies within a larger one of more weight. */
static bool is_part(const Group &part, const Group &whole)
{
    const int beside = cvRound(whole.box.width * group_width);
    const int above = cvRound(whole.box.height * group_width);
    return part.box.x >= whole.box.x - beside && part.box.y >= whole.box.y - above &&
           part.box.br().x <= whole.box.br().x + beside &&
           part.box.br().y <= whole.box.br().y + above &&
           (whole.size > std::max(3, part.size) || part.size < 3);
}

/* The groups of more than `least` boxes; each box is one, where that is 0. */
static std::vector<Group> group(const std::vector<cv::Rect> &boxes, int least)
{
    std::vector<Group> all, chosen;
    if (least <= 0) {
        for (const cv::Rect &box : boxes)
            chosen.push_back({box, 1});
        return chosen;
    }
    for (const Group &one : gather(boxes))
        if (one.size > least)
            all.push_back(one);
    for (const Group &one : all)
        if (std::none_of(all.begin(), all.end(),
                         [&](const Group &other) { return &other != &one && is_part(one, other); }))
            chosen.push_back(one);
    return chosen;
}

static void detect(ocv_detector &detector, struct grey_image picture, const ocv_detection &how,
                   const ocv_blocks *only, struct box *boxes, int *neighbours, int capacity,
                   int *count)
{
    CV_Assert(how.scale_factor > 1);
    const cv::Mat pixels = as_matrix(picture);
    const cv::Rect whole(0, 0, pixels.cols, pixels.rows);
    std::vector<Group> faces =
        group(find_all(detector.cascade, pixels, how, only), how.min_neighbours);
    for (Group &face : faces)
        face.box &= whole;
    std::sort(faces.begin(), faces.end(), [](const Group &a, const Group &b) {
        const cv::Rect &p = a.box, &q = b.box;
        return std::make_tuple(-p.area(), p.y, p.x, a.size) <
               std::make_tuple(-q.area(), q.y, q.x, b.size);
    });
    *count = std::min(capacity, static_cast<int>(faces.size()));
    for (int i = 0; i < *count; i++) {
        const auto &[box, size] = faces[static_cast<size_t>(i)];
        boxes[i] = {box.x, box.y, box.width, box.height};
        if (neighbours)
            neighbours[i] = size;
    }
}

enum ocv_code ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                  const struct ocv_detection *how, const struct ocv_blocks *only,
                                  struct box *boxes, int capacity, int *count, struct error *error)
{
    return guarded(
        error, [&] { detect(*detector, picture, *how, only, boxes, nullptr, capacity, count); });
}

enum ocv_code ocv_detector_weigh(struct ocv_detector *detector, struct grey_image picture,
                                 const struct ocv_detection *how, struct box *boxes,
                                 int *neighbours, int capacity, int *count, struct error *error)
{
    return guarded(error, [&] {
        detect(*detector, picture, *how, nullptr, boxes, neighbours, capacity, count);
    });
}
