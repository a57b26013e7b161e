#include "ocv_guard.hpp"

#include <opencv2/objdetect.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <tuple>
#include <utility>
#include <vector>

struct ocv_detector {
    cv::CascadeClassifier cascade;
};

/* ---- A cascade is data, and checked like any other ------------------------------------------- */

/* OpenCV's parser calls itself for every element within an element, as deep as the file goes, and
 * stumbles over zeros, over an attribute at the end of the file, and over a return without a new
 * line, where it takes the file to end. */
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

static bool load(cv::CascadeClassifier &cascade, const std::string &path)
{
    enum { LARGEST_FILE = 64 << 20 };
    struct stat status;
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > LARGEST_FILE)
        return false;
    std::ifstream stream(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    if (!is_shallow_xml(text))
        return false;
    const cv::FileStorage file(text, cv::FileStorage::READ | cv::FileStorage::MEMORY);
    const cv::FileNode root = file.getFirstTopLevelNode();
    return root.isMap() && is_sound(root) && cascade.read(root);
}

enum ocv_code ocv_detector_open(struct ocv_detector **detector, const char *cascade_path,
                                struct error *error)
{
    return guarded(error, [&] {
        static const char unreadable[] =
            "not a Haar cascade; take one from Debian's package opencv-data";
        require_readable(cascade_path);
        auto opened = std::make_unique<ocv_detector>();
        if (!or_cannot(unreadable, [&] { return load(opened->cascade, cascade_path); }))
            throw Failure{OCV_CANNOT, unreadable};
        *detector = opened.release();
    });
}

enum ocv_code ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                  const struct ocv_detection *how, struct box *boxes, int capacity,
                                  int *count, struct error *error)
{
    return ocv_detector_weigh(detector, picture, how, boxes, nullptr, capacity, count, error);
}

enum ocv_code ocv_detector_weigh(struct ocv_detector *detector, struct grey_image picture,
                                 const struct ocv_detection *how, struct box *boxes,
                                 int *neighbours, int capacity, int *count, struct error *error)
{
    return guarded(error, [&] {
        std::vector<cv::Rect> found;
        std::vector<int> weights;
        detector->cascade.detectMultiScale(
            as_matrix(picture), found, weights, how->scale_factor, how->min_neighbours, 0,
            cv::Size(how->min_side, how->min_side), cv::Size(how->max_side, how->max_side));
        std::vector<std::pair<cv::Rect, int>> faces;
        for (size_t i = 0; i < found.size(); i++)
            faces.emplace_back(found[i], weights[i]);
        /* Equal sizes are ordered by place: OpenCV's threads answer in any order. */
        std::sort(faces.begin(), faces.end(), [](const auto &a, const auto &b) {
            const cv::Rect &p = a.first, &q = b.first;
            return std::make_tuple(-p.area(), p.y, p.x, a.second) <
                   std::make_tuple(-q.area(), q.y, q.x, b.second);
        });
        *count = std::min(capacity, static_cast<int>(faces.size()));
        for (int i = 0; i < *count; i++) {
            const auto &[face, agreed] = faces[static_cast<size_t>(i)];
            boxes[i] = {face.x, face.y, face.width, face.height};
            if (neighbours)
                neighbours[i] = agreed;
        }
    });
}

void ocv_detector_close(struct ocv_detector **detector)
{
    delete *detector;
    *detector = nullptr;
}
