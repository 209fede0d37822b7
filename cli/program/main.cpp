#include "ratchet/main.hpp"

int main(int argc, char** argv) {
  return ratchet::main(argc, argv, {});
}
