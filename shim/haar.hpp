/* A cascade of boosted trees over Haar-like features (Viola & Jones 2001), tilted ones too
 * (Lienhart & Maydt 2002), as OpenCV trains and searches them: the same windows pass. OpenCV judges
 * one window after the other, which took 59 % of the time of a film; here LANES that lie side by
 * side are judged at once, with eight in a third of that. */
#ifndef HAAR_HPP
#define HAAR_HPP

#include "ocv.h"

#include <opencv2/core.hpp>

#include <array>
#include <cstdint>
#include <vector>

class Haar
{
  public:
    /* The cascade must be sound, as ocv_objdetect.cpp checks it. */
    explicit Haar(const cv::FileNode &cascade);

    cv::Size window() const;

    /* Adds the corner of each window of the 8-bit picture that passes and begins in its first
     * `rows` rows. In both directions every `step`th window is looked at, 1 or 2, and of those in a
     * row none that follows one which fails the first stage. */
    void find(const cv::Mat &picture, int step, int rows, std::vector<cv::Point> &found);

    /* From now on, windows that touch none of the marked blocks are left out; nullptr: none is. The
     * blocks are those of a picture `scale` times as large as the one searched. */
    void limit(const ocv_blocks *blocks, float scale);

    /* LANES: windows judged at once, as many as registers hold. Wider vectors are taken apart by
     * the compiler, those of comparisons and conversions into single numbers. */
#if defined(__x86_64__)
    enum { RECTANGLES = 3, LANES = 8 };
#else
    enum { RECTANGLES = 3, LANES = 4 };
#endif

    struct Feature {
        std::array<cv::Rect, RECTANGLES> rectangles;
        std::array<float, RECTANGLES> weights;
        bool tilted;
    };

    /* A node of a tree, with its feature; places are those of its rectangles' corners in a table,
     * from the window's first pixel on. */
    struct Node {
        int32_t places[RECTANGLES][4];
        float weights[RECTANGLES];
        float threshold;
        float values[2]; /* of the leaf on either side */
        int next[2];     /* the tree's node there; not above 0: a leaf */
        int feature;
    };

    struct Stage {
        int first, trees; /* of `sizes` */
        int pairs;        /* stumps of two rectangles, which come first */
        float threshold;
    };

  private:
    void sort();
    void reserve(cv::Size picture);
    void place(int step);
    void add_up(const cv::Mat &picture, int step);
    void tilt(const cv::Mat &picture, int step);
    uint32_t *row(int y);
    void want(int y, int step, int count);

    cv::Size window_;
    bool tilted_ = false, stumps_ = true;
    std::vector<Feature> features_;
    std::vector<Stage> stages_;
    std::vector<int> sizes_;     /* nodes of each tree */
    std::vector<Node> nodes_[2]; /* for a step of 1 and of 2 */
    int columns_ = 0, rows_ = 0; /* of a table; columns of a half row */
    size_t table_ = 0;           /* numbers of one */
    /* Sums over all that lies above and left of a pixel: of pixels, of their squares, and over
     * tilted rectangles. Of a search with step 2, each row has its even columns first. */
    std::vector<uint32_t> sums_;
    std::vector<float> norms_;    /* of the windows of a row: 1 / (area * deviation) */
    std::vector<int32_t> states_; /* of the same */
    std::vector<int32_t> wanted_; /* of the same: all bits, or none */
    const ocv_blocks *blocks_ = nullptr;
    float scale_ = 1;
    std::vector<int>
        marked_; /* columns left of each that have a marked block in the row's windows */
};

#endif
