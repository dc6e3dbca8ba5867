# This folder's files for src/analysis/CMakeLists.txt, with paths relative to that file.
set(CALOTYPE_OCR_SOURCES
  ocr/charset.cc ocr/coarse_pass.cc ocr/ctc.cc ocr/detection_input.cc ocr/line_image.cc ocr/line_recogniser.cc ocr/network.cc ocr/probes.cc ocr/quad_warp.cc
  ocr/text_analyser.cc
  ocr/text_detector.cc ocr/text_reader.cc ocr/text_regions.cc ocr/windows.cc)
set(CALOTYPE_OCR_TESTS
  ocr/charset_test.cc ocr/coarse_pass_test.cc ocr/ctc_test.cc ocr/detection_input_test.cc ocr/line_image_test.cc ocr/lines_golden_test.cc ocr/quad_warp_test.cc
  ocr/text_analyser_test.cc ocr/text_detector_test.cc
  ocr/text_regions_golden_test.cc ocr/text_regions_test.cc ocr/windows_test.cc)
