// calotype-reader: reads photos for calotype, which starts it.
#include "photo/sandbox/reader_process.h"

int main(int argc, char** argv) {
  const auto reader = calotype::CreateInProcessReader();
  return calotype::RunReaderProcess(argc, argv, *reader);
}
