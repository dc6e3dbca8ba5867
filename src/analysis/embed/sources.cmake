# Files of this folder for src/analysis/CMakeLists.txt, with paths from there.
set(CALOTYPE_EMBED_SOURCES
  embed/embedding_analyser.cc embed/encoder_graph.cc embed/image_input.cc embed/text_encoder.cc embed/word_splitter.cc
  embed/wordpiece.cc)
set(CALOTYPE_EMBED_TESTS
  embed/embedding_analyser_test.cc embed/image_input_test.cc embed/text_encoder_golden_test.cc embed/text_encoder_test.cc embed/wordpiece_test.cc)
