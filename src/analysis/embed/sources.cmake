# This folder's files for src/analysis/CMakeLists.txt, with paths relative to that file.
set(CALOTYPE_EMBED_SOURCES
  embed/bpe.cc embed/charsmap.cc embed/conse_encoder.cc embed/contrastive_encoder.cc
  embed/embedding_analyser.cc embed/encoder_graph.cc embed/encoder_inputs.cc embed/image_input.cc embed/pattern.cc
  embed/photo_preparation.cc embed/step_tokenizer.cc embed/text_encoder.cc embed/tokenizer.cc embed/tokenizer_json.cc
  embed/tokenizer_steps.cc embed/unigram.cc embed/vocabulary.cc embed/word_splitter.cc
  embed/wordpiece.cc)
set(CALOTYPE_EMBED_TESTS
  embed/contrastive_golden_test.cc embed/embedding_analyser_test.cc embed/encoder_inputs_test.cc
  embed/image_input_test.cc embed/photo_preparation_test.cc embed/text_encoder_golden_test.cc
  embed/text_encoder_test.cc embed/tokenizer_golden_test.cc embed/tokenizer_test.cc embed/wordpiece_test.cc)
