// The smallest program that can be a wrapper: what the engine's main does
// first, and nothing else.

#include "process/attempt_process.hpp"

int main(int argc, char** argv) {
  return ratchet::process::is_wrapper_call(argc, argv)
    ? ratchet::process::wrapper_main(argc, argv)
    : 64;
}
