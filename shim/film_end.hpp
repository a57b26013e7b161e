/* Inside videos.so only: whether a film's file is cut off, by what it says of its own size. */
#ifndef FILM_END_HPP
#define FILM_END_HPP

#include <string>

/* True where a part of the file, as its container counts parts, begins in it and does not end in
 * it. False where all is there, and where the container does not tell. */
bool film_is_cut(const std::string &path);

#endif
