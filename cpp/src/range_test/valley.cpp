#include "lrcore/range_test/valley.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

struct Valley {
    std::int64_t end = 0;
    std::int64_t length = 1;
};

/// End and length of the longest decreasing subsequence; the earliest end if there are several.
Valley longest_valley(Span<const double> losses) {
    // ends[k]: the highest loss at which a decreasing subsequence of k + 1 losses has ended so far.
    std::vector<double> ends;
    Valley longest;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        if (std::isnan(losses[i])) continue;
        const auto place = std::lower_bound(ends.begin(), ends.end(), losses[i], std::greater<>());
        const std::int64_t length = place - ends.begin() + 1;
        if (place == ends.end()) {
            ends.push_back(losses[i]);
        } else {
            *place = losses[i];
        }
        if (length > longest.length) longest = {static_cast<std::int64_t>(i), length};
    }
    return longest;
}

}  // namespace

std::int64_t valley(Span<const double> losses) {
    if (losses.size() == 0) throw argument_error("losses", "must hold at least 1 number");
    const Valley longest = longest_valley(losses);
    if (longest.length == 1) return 0;
    return longest.end - longest.length + longest.length / 3 + longest.length / 6;
}

}  // namespace lrcore
