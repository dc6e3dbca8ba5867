#include "inference/engines/shape_sessions.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace calotype {

ShapeSessions::ShapeSessions(std::shared_ptr<Session> first, Loader load, std::size_t most)
    : inputs_(first->inputs()),
      outputs_(first->outputs()),
      device_(first->device()),
      load_(std::move(load)),
      most_(most) {
  const MutexLock lock(&mutex_);
  prepared_.push_back({.shapes = {}, .session = std::move(first)});
}

std::optional<std::string> ShapeSessions::Metadata(const std::string& key) const {
  const MutexLock lock(&mutex_);
  return prepared_.front().session->Metadata(key);
}

StatusOr<std::vector<Tensor>> ShapeSessions::Run(std::span<const Tensor> inputs) {
  Shapes shapes;
  std::ranges::transform(inputs, std::back_inserter(shapes), &Tensor::shape);
  const std::shared_ptr<Session> session = SessionFor(shapes);
  StatusOr<std::vector<Tensor>> outputs = session->Run(inputs);
  if (absl::IsResourceExhausted(outputs.status()) && KeepOnly(session)) {
    outputs = session->Run(inputs);
  }
  return outputs;
}

std::shared_ptr<Session> ShapeSessions::SessionFor(const Shapes& shapes) {
  if (std::shared_ptr<Session> found = Find(shapes)) {
    return found;
  }
  const MutexLock loading(&loading_);
  if (std::shared_ptr<Session> found = Find(shapes)) {
    return found;
  }
  bool room = false;
  {
    const MutexLock lock(&mutex_);
    room = prepared_.size() < most_ && !prepared_.back().shapes.empty();
  }
  StatusOr<std::unique_ptr<Session>> another = room ? load_() : nullptr;
  const MutexLock lock(&mutex_);
  if (!another.ok()) {
    LogInfo("{}: keeping sessions for at most {} shapes from now on: {}", device_.ToString(), prepared_.size(),
            Message(another.status()));
    most_ = prepared_.size();
  }
  if (another.ok() && *another != nullptr) {
    prepared_.push_front({.shapes = shapes, .session = *std::move(another)});
  } else {
    prepared_.splice(prepared_.begin(), prepared_, std::prev(prepared_.end()));
    prepared_.front().shapes = shapes;
  }
  return prepared_.front().session;
}

std::shared_ptr<Session> ShapeSessions::Find(const Shapes& shapes) {
  const MutexLock lock(&mutex_);
  const auto found = std::ranges::find(prepared_, shapes, &Prepared::shapes);
  if (found == prepared_.end()) {
    return nullptr;
  }
  prepared_.splice(prepared_.begin(), prepared_, found);
  return found->session;
}

bool ShapeSessions::KeepOnly(const std::shared_ptr<Session>& session) {
  const MutexLock lock(&mutex_);
  const bool others = prepared_.size() > 1 && std::ranges::count(prepared_, session, &Prepared::session) > 0;
  if (others) {
    most_ = prepared_.size() - 1;
    std::erase_if(prepared_, [&](const Prepared& one) { return one.session != session; });
  }
  return others;
}

}  // namespace calotype
