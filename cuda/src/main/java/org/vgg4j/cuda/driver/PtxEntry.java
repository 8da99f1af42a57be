package org.vgg4j.cuda.driver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A kernel's head in PTX text: the driver copies as many bytes for each parameter as the PTX says,
 * and cannot know what we gave, so that we compare before a launch.
 *
 * @param name of the kernel
 * @param parameters what it takes, in order
 */
record PtxEntry(String name, List<Parameter> parameters) {
  /** What a parameter is. */
  enum Parameter {
    ADDRESS,
    INT,
    FLOAT,
    TENSOR_MAP;

    /**
     * @param length of an array, or null for a single value
     */
    private static Parameter of(String type, @Nullable String length, String kernel) {
      String whole = length == null ? type : type + "[" + length + "]";
      return switch (whole) {
        case "u64", "s64", "b64" -> ADDRESS;
        case "u32", "s32", "b32" -> INT;
        case "f32" -> FLOAT;
        case "b8[128]" -> TENSOR_MAP; // the only struct that our kernels take
        default ->
            throw new IllegalArgumentException(
                "The kernel " + kernel + " has a parameter of type " + whole + ", unknown here");
      };
    }
  }

  private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)\\s*(?:\\(([^)]*)\\))?");
  private static final Pattern PARAMETER =
      Pattern.compile("\\.param\\s+(?:\\.align\\s+\\d+\\s+)?\\.(\\w+)[^,\\[]*(?:\\[(\\d+)\\])?");

  /** The kernels of a PTX text by name. */
  static Map<String, PtxEntry> parse(String ptx) {
    Map<String, PtxEntry> entries = new HashMap<>();
    Matcher entry = ENTRY.matcher(ptx);
    while (entry.find()) {
      String name = entry.group(1);
      List<Parameter> parameters = new ArrayList<>();
      Matcher parameter = PARAMETER.matcher(entry.group(2) == null ? "" : entry.group(2));
      while (parameter.find()) {
        parameters.add(Parameter.of(parameter.group(1), parameter.group(2), name));
      }
      entries.put(name, new PtxEntry(name, List.copyOf(parameters)));
    }
    return entries;
  }
}
