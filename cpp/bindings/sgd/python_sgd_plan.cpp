#include "sgd/python_sgd_plan.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include "lrcore/support/validate.hpp"
#include "sgd/dlpack_tensor.hpp"
#include "support/gil_release.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

void check_length(const char* name, const py::list& list, std::size_t expected) {
    if (list.size() == expected) return;
    throw argument_error(name, "must hold " + std::to_string(expected) + " items, but got " +
                                   std::to_string(list.size()));
}

}  // namespace

void check_lengths(const SgdLists& lists) {
    const std::size_t expected = lists.params.size();
    check_length("grads", lists.grads, expected);
    check_length("groups", lists.groups, expected);
    if (!lists.buffers.empty()) check_length("buffers", lists.buffers, expected);
    if (!lists.masters.empty()) check_length("masters", lists.masters, expected);
    if (!lists.averages.empty()) check_length("averages", lists.averages, expected);
}

void hold_items(const py::list& list, std::vector<py::object>& held,
                std::vector<py::object>& dropped) {
    const auto is_item = [](py::handle item, const py::object& object) { return item.is(object); };
    if (list.size() == held.size() && std::equal(list.begin(), list.end(), held.begin(), is_item)) {
        return;
    }
    std::move(held.begin(), held.end(), std::back_inserter(dropped));
    held.clear();
    for (const py::handle item : list) held.push_back(py::reinterpret_borrow<py::object>(item));
}

std::size_t position(const char* name, py::handle object) {
    const std::size_t value = PyLong_AsSize_t(object.ptr());
    if (value == static_cast<std::size_t>(-1) && PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        throw argument_error(name, "must hold integers of at least 0");
    }
    return value;
}

std::vector<bool> flags(const char* name, const PositionList& positions, std::size_t size) {
    std::vector<bool> flags(size);
    for (const py::handle object : positions) {
        const std::size_t at = position(name, object);
        if (at >= size) {
            throw argument_error(name, "must hold positions less than " + std::to_string(size) +
                                           ", but got " + std::to_string(at));
        }
        flags[at] = true;
    }
    return flags;
}

namespace {

/// Raises if a second thread uses the plan during its lifetime.
class SingleUserGuard {
  public:
    explicit SingleUserGuard(std::atomic<bool>& is_in_use) : is_in_use_(is_in_use) {
        if (is_in_use.exchange(true)) {
            throw std::runtime_error("the plan must not be used by two threads at once");
        }
    }
    SingleUserGuard(const SingleUserGuard&) = delete;
    SingleUserGuard& operator=(const SingleUserGuard&) = delete;
    ~SingleUserGuard() { is_in_use_ = false; }

  private:
    std::atomic<bool>& is_in_use_;
};

/// The object, or null if the list is empty or holds None there.
py::handle item(const std::vector<py::object>& objects, std::size_t index) {
    if (objects.empty() || objects[index].is_none()) return {};
    return objects[index];
}

}  // namespace

PositionList PythonSgdPlan::read(const SgdLists& lists) {
    Objects dropped;  // outlives the use, because the end of an object can run Python code
    const SingleUserGuard use(is_in_use_);
    check_lengths(lists);
    has_read_ = false;
    hold(lists, dropped);
    std::vector<std::size_t> left_out = read_tensors(lists);
    leave_out(plan_.assign({tensors_.data(), tensors_.size()}), left_out);
    note_params();
    has_read_ = true;
    PositionList positions;
    for (const std::size_t position : left_out) positions.append(position);
    return positions;
}

void PythonSgdPlan::hold(const SgdLists& lists, Objects& dropped) {
    hold_items(lists.params, params_, dropped);
    hold_items(lists.grads, grads_, dropped);
    hold_items(lists.buffers, buffers_, dropped);
    hold_items(lists.masters, masters_, dropped);
    hold_items(lists.averages, averages_, dropped);
    std::move(capsules_.begin(), capsules_.end(), std::back_inserter(dropped));
    capsules_.clear();
    groups_.clear();
    for (const py::handle group : lists.groups) groups_.push_back(position("groups", group));
}

/// Fills tensors_ and positions_; returns the positions of unreadable tensors.
std::vector<std::size_t> PythonSgdPlan::read_tensors(const SgdLists& lists) {
    const std::size_t size = params_.size();
    const std::vector<bool> first_momentum = flags("first_momenta", lists.first_momenta, size);
    const std::vector<bool> first_average = flags("first_averages", lists.first_averages, size);
    std::vector<std::size_t> left_out;
    tensors_.clear();
    positions_.clear();
    for (std::size_t i = 0; i < size; ++i) {
        const SgdObjects objects{item(params_, i), item(grads_, i), item(buffers_, i),
                                 item(masters_, i), item(averages_, i)};
        if (!objects.grad) continue;
        GroupedTensor grouped;
        grouped.tensor.first_momentum = first_momentum[i];
        grouped.tensor.first_average = first_average[i];
        grouped.group = groups_[i];
        if (objects.param && read_sgd_tensor(reader_, objects, grouped.tensor)) {
            tensors_.push_back(grouped);
            positions_.push_back(i);
        } else {
            left_out.push_back(i);
        }
    }
    capsules_ = reader_.take_capsules();
    return left_out;
}

/// Moves the positions of the tensors at `indices` to `left_out` and keeps it sorted.
void PythonSgdPlan::leave_out(const std::vector<std::size_t>& indices,
                              std::vector<std::size_t>& left_out) {
    for (const std::size_t index : indices) left_out.push_back(positions_[index]);
    for (auto index = indices.rbegin(); index != indices.rend(); ++index) {
        positions_.erase(positions_.begin() + static_cast<std::ptrdiff_t>(*index));
    }
    std::sort(left_out.begin(), left_out.end());
}

void PythonSgdPlan::note_params() {
    const auto is_listed = [this](std::size_t i) {
        return PyList_GET_ITEM(params_updated_.ptr(), static_cast<py::ssize_t>(i)) ==
               params_[positions_[i]].ptr();
    };
    bool is_same = params_updated_.size() == positions_.size();
    for (std::size_t i = 0; is_same && i < positions_.size(); ++i) is_same = is_listed(i);
    if (is_same) return;
    params_updated_ = ObjectList();
    for (const std::size_t position : positions_) params_updated_.append(params_[position]);
}

void PythonSgdPlan::check_has_read() const {
    if (!has_read_) throw std::runtime_error("read must come first: it serves one step");
}

double PythonSgdPlan::grad_norm(double grad_factor, std::int64_t num_threads) {
    const SingleUserGuard use(is_in_use_);
    check_has_read();
    const GilRelease unlocked;
    return plan_.grad_norm(grad_factor, num_threads);
}

std::size_t PythonSgdPlan::step(const std::vector<SgdOptions>& options) {
    Objects dropped_grads, dropped_capsules;
    const SingleUserGuard use(is_in_use_);
    check_has_read();
    std::size_t nonfinite = 0;
    {
        // From here on only memory of tensors that the plan holds a reference to is touched.
        const GilRelease unlocked;
        nonfinite = plan_.step({options.data(), options.size()});
    }
    has_read_ = false;
    dropped_grads.swap(grads_);
    dropped_capsules.swap(capsules_);
    return nonfinite;
}

}  // namespace lrcore
