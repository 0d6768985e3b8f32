// Compiled into the binding: TensorFlow tells errors only. (TF_CPP_MIN_LOG_LEVEL has no effect on its present logging.)
#if __has_include("absl/log/globals.h")
#include "absl/base/log_severity.h"
#include "absl/log/globals.h"

namespace {
struct LogLevel {
  LogLevel() { absl::SetMinLogLevel(absl::LogSeverityAtLeast::kError); }
} log_level;
}  // namespace
#endif
