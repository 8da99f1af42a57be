package org.vgg4j.cli;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an unknown word may have been meant to be. */
final class Spelling {
  /** What other programs call our commands. */
  private static final Map<String, String> COMMANDS =
      Map.ofEntries(
          Map.entry("predict", "classify"),
          Map.entry("infer", "classify"),
          Map.entry("inference", "classify"),
          Map.entry("detect", "classify"),
          Map.entry("label", "classify"),
          Map.entry("recognize", "classify"),
          Map.entry("recognise", "classify"),
          Map.entry("run", "classify"),
          Map.entry("test", "evaluate"),
          Map.entry("eval", "evaluate"),
          Map.entry("val", "evaluate"),
          Map.entry("validate", "evaluate"),
          Map.entry("score", "evaluate"),
          Map.entry("compare", "evaluate --compare"),
          Map.entry("fit", "train"),
          Map.entry("learn", "train"),
          Map.entry("resume", "train --resume"),
          Map.entry("continue", "train --resume"),
          Map.entry("fine-tune", "finetune"),
          Map.entry("tune", "finetune"),
          Map.entry("transfer", "finetune"),
          Map.entry("retrain", "finetune"),
          Map.entry("convert", "import"),
          Map.entry("load", "import"),
          Map.entry("save", "export"),
          Map.entry("onnx", "export"),
          Map.entry("download", "models get"),
          Map.entry("fetch", "models get"),
          Map.entry("get", "models get"),
          Map.entry("pull", "models get"),
          Map.entry("list", "models"),
          Map.entry("zoo", "models"),
          Map.entry("benchmark", "bench"),
          Map.entry("profile", "bench"),
          Map.entry("speed", "bench"),
          Map.entry("info", "summary"),
          Map.entry("show", "summary"),
          Map.entry("describe", "summary"),
          Map.entry("visualize", "heatmap"),
          Map.entry("visualise", "heatmap"),
          Map.entry("explain", "heatmap"),
          Map.entry("saliency", "heatmap"),
          Map.entry("gradcam", "heatmap"),
          Map.entry("cam", "heatmap"),
          Map.entry("inspect", "data inspect"),
          Map.entry("dataset", "data inspect"),
          Map.entry("check", "doctor"),
          Map.entry("env", "doctor"),
          Map.entry("devices", "doctor"),
          Map.entry("dry-run", "train --dry-run"));

  /** What other programs call our options. */
  private static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("-o", "--out"),
          Map.entry("--output", "--out"),
          Map.entry("--output-dir", "--out"),
          Map.entry("--save-dir", "--out"),
          Map.entry("--save", "--out"),
          Map.entry("--project", "--out"),
          Map.entry("-m", "--model"),
          Map.entry("--weights", "--model"),
          Map.entry("--checkpoint", "--model"),
          Map.entry("--pretrained", "--init"),
          Map.entry("-a", "--arch"),
          Map.entry("--network", "--arch"),
          Map.entry("--architecture", "--arch"),
          Map.entry("-d", "--data"),
          Map.entry("--dataset", "--data"),
          Map.entry("--data-dir", "--data"),
          Map.entry("--input", "--data"),
          Map.entry("-b", "--batch"),
          Map.entry("--bs", "--batch"),
          Map.entry("--batch-size", "--batch"),
          Map.entry("--batchsize", "--batch"),
          Map.entry("-e", "--epochs"),
          Map.entry("--num-epochs", "--epochs"),
          Map.entry("--iterations", "--max-steps"),
          Map.entry("--steps", "--max-steps"),
          Map.entry("--learning-rate", "--lr"),
          Map.entry("--base-lr", "--lr"),
          Map.entry("--wd", "--weight-decay"),
          Map.entry("--weight_decay", "--weight-decay"),
          Map.entry("--early-stopping", "--patience"),
          Map.entry("--lr-schedule", "--schedule"),
          Map.entry("--scheduler", "--schedule"),
          Map.entry("--warmup", "--warm-up"),
          Map.entry("-j", "--threads"),
          Map.entry("--workers", "--threads"),
          Map.entry("--num-workers", "--threads"),
          Map.entry("--num-threads", "--threads"),
          Map.entry("--num-classes", "--classes"),
          Map.entry("--size", "--crop"),
          Map.entry("--imgsz", "--crop"),
          Map.entry("--img-size", "--crop"),
          Map.entry("--image-size", "--crop"),
          Map.entry("--input-size", "--crop"),
          Map.entry("--resize", "--scale"),
          Map.entry("--val-split", "--held-out"),
          Map.entry("--validation-split", "--held-out"),
          Map.entry("--random-seed", "--seed"),
          Map.entry("-k", "--top"),
          Map.entry("--topk", "--top"),
          Map.entry("--top-k", "--top"));

  private Spelling() {}

  /** The command that was meant; null if nothing is near. */
  static @Nullable String command(String word, Collection<String> commands) {
    String known = COMMANDS.get(word.toLowerCase(Locale.ROOT));
    return known != null ? known : nearest(word, commands);
  }

  /** The option that was meant; null if nothing is near. */
  static @Nullable String option(String word, Collection<String> options) {
    String name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
    String known = OPTIONS.get(name.toLowerCase(Locale.ROOT).replace('_', '-'));
    return known != null && options.contains(known) ? known : nearest(name, options);
  }

  /** The word that differs in the fewest letters, if these are few. */
  static @Nullable String nearest(String word, Collection<String> words) {
    String best = null;
    int fewest = Math.max(2, word.replace("-", "").length() / 3) + 1;
    for (String candidate : words) {
      int changes = changes(letters(word), letters(candidate));
      if (changes < fewest && changes < letters(candidate).length()) {
        fewest = changes;
        best = candidate;
      }
    }
    if (best == null && letters(word).length() > 2) { // the beginning of one, or more than one
      for (String candidate : words) {
        if (letters(candidate).startsWith(letters(word))) {
          return candidate;
        }
      }
    }
    return best;
  }

  private static String letters(String word) {
    return word.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
  }

  /** The Levenshtein distance, in which a swap of adjacent letters counts as one change. */
  private static int changes(String one, String other) {
    int[][] d = new int[one.length() + 1][other.length() + 1];
    for (int i = 0; i <= one.length(); i++) {
      for (int j = 0; j <= other.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int same = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(d[i - 1][j - 1] + same, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[one.length()][other.length()];
  }
}
