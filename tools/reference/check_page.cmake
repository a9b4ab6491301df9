# cmake -DREFERENCE=program -DPAGE=name -DDOCUMENT=file -P check_page.cmake
# Fails when the document is not what the program prints, and says how to make it so.
execute_process(COMMAND ${REFERENCE} ${PAGE} OUTPUT_VARIABLE printed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${REFERENCE} ${PAGE} failed: ${status}")
endif()
set(kept "")
if(EXISTS ${DOCUMENT})
  file(READ ${DOCUMENT} kept)
endif()
if(NOT printed STREQUAL kept)
  list(JOIN PAGE " " arguments)
  message(FATAL_ERROR "${DOCUMENT} is out of date. Make it anew with:\n  ${REFERENCE} ${arguments} > ${DOCUMENT}")
endif()
