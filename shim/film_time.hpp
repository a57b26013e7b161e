/* Inside videos.so only: time that goes on, whatever a film says. */
#ifndef FILM_TIME_HPP
#define FILM_TIME_HPP

#include <cmath>
#include <utility>

/* Turns the times that a film states into seconds from its beginning. A time that lies before the
 * last one, or further after it than is believed, is not taken: time goes on by a step instead. If
 * the next one agrees with it, the film's clock was set, or the file holds two films: then it
 * counts from there. */
class FilmTime
{
  public:
    /* origin: what the film calls 0; NAN: its first time. longest: the longest step believed. */
    void begin(double origin, double longest)
    {
        origin_ = origin;
        longest_ = longest;
    }

    /* stated: NAN where it is missing; step: how long the one before lasted. */
    double next(double stated, double step)
    {
        double time = begun_ ? last_ + step : 0;
        if (std::isfinite(stated)) {
            if (!std::isfinite(origin_))
                origin_ = stated;
            if (!follows(stated - origin_) && follows(stated - other_))
                std::swap(origin_, other_);
            if (follows(stated - origin_))
                time = stated - origin_;
            else
                other_ = stated - time;
        }
        begun_ = true;
        return last_ = time;
    }

  private:
    bool follows(double time) const
    {
        const double rounding = 0.1;
        return time >= (begun_ ? last_ - rounding : -longest_) &&
               time <= (begun_ ? last_ : 0) + longest_;
    }

    double origin_ = NAN, other_ = NAN;
    double longest_ = 0;
    double last_ = 0;
    bool begun_ = false;
};

#endif
