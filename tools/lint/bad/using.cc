#include <string>
#include <utility>

using std::pair;

std::size_t Length(const std::string& text) { return text.size(); }
