package org.vgg4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.LabelEvaluationJson;
import org.vgg4j.evaluate.Measurement;

/**
 * test.json of a run folder: the best model's results on the test images. Its fields are among
 * those of {@code vgg evaluate --json}, or {@code vgg localize evaluate --json}.
 */
final class TestFile {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final String MEAN_LOSS = "meanLoss";
  private static final String CLASSES = "classes";
  private static final String LABEL = "label";
  private static final String BOX_ERROR = "boxError";
  private static final String TOP5_ERROR = "top5Error";
  private static final String CONFUSION = "confusion";

  private TestFile() {}

  /**
   * Writes the file.
   *
   * @throws InputException if it cannot be written
   */
  static void write(Path file, Measurement measurement) {
    Map<String, Object> map;
    if (measurement instanceof Evaluation evaluation) {
      map = asMap(evaluation);
    } else if (measurement instanceof BoxEvaluation boxes) {
      map = asMap(boxes);
    } else if (measurement instanceof LabelEvaluation labels) {
      map = LabelEvaluationJson.asMap(labels);
    } else {
      throw new IllegalArgumentException("no file for " + measurement);
    }
    try {
      AtomicFile.write(file, JSON.writeValueAsString(map) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an evaluation cannot be written", e);
    }
  }

  private static Map<String, Object> asMap(BoxEvaluation boxes) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("images", boxes.images());
    map.put(BOX_ERROR, boxes.error());
    map.put("meanOverlap", boxes.meanOverlap());
    map.put(MEAN_LOSS, boxes.meanLoss());
    List<Map<String, Object>> classes = new ArrayList<>();
    for (int label = 0; label < boxes.classNames().size(); label++) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put(LABEL, boxes.classNames().get(label));
      one.put("images", boxes.ofClass()[label]);
      one.put("wrong", boxes.wrongOfClass()[label]);
      one.put("overlapSum", boxes.overlapOfClass()[label]);
      classes.add(one);
    }
    map.put(CLASSES, classes);
    return map;
  }

  private static Map<String, Object> asMap(Evaluation evaluation) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("images", evaluation.images());
    map.put("top1Error", evaluation.top1Error());
    map.put(TOP5_ERROR, evaluation.top5Error());
    map.put(MEAN_LOSS, evaluation.meanLoss());
    List<Map<String, Object>> classes = new ArrayList<>();
    for (int label = 0; label < evaluation.classNames().size(); label++) {
      boolean any = evaluation.images(label) > 0;
      Map<String, @Nullable Object> one = new LinkedHashMap<>();
      one.put(LABEL, evaluation.classNames().get(label));
      one.put("images", evaluation.images(label));
      one.put("top1Error", any ? evaluation.top1Error(label) : null);
      one.put(TOP5_ERROR, any ? evaluation.top5Error(label) : null);
      classes.add(one);
    }
    map.put(CLASSES, classes);
    map.put(CONFUSION, evaluation.confusion());
    return map;
  }

  /**
   * Reads the file.
   *
   * @throws InputException if it is damaged
   */
  static Measurement read(Path file) {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new InputException(
          file + " cannot be understood (" + e.getOriginalMessage() + "): restore or remove it", e);
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + file + " (" + AtomicFile.reason(e) + "): restore or remove it", e);
    }
    if (LabelEvaluationJson.isOne(root)) {
      LabelEvaluation labels = LabelEvaluationJson.read(root);
      requireSound(labels != null, file);
      return Objects.requireNonNull(labels);
    }
    return root.has(BOX_ERROR) ? boxes(file, root) : evaluation(file, root);
  }

  private static BoxEvaluation boxes(Path file, JsonNode root) {
    int size = root.path(CLASSES).size();
    List<String> names = new ArrayList<>();
    int[] images = new int[size];
    int[] wrong = new int[size];
    double[] overlaps = new double[size];
    boolean sound = size > 0 && root.path(MEAN_LOSS).isNumber();
    for (int label = 0; label < size; label++) {
      JsonNode one = root.path(CLASSES).path(label);
      images[label] = one.path("images").asInt(-1);
      wrong[label] = one.path("wrong").asInt(-1);
      overlaps[label] = one.path("overlapSum").asDouble(-1);
      names.add(one.path(LABEL).asText());
      sound &=
          one.path(LABEL).isTextual()
              && wrong[label] >= 0
              && wrong[label] <= images[label]
              && overlaps[label] >= 0
              && overlaps[label] <= images[label];
    }
    requireSound(sound, file);
    return new BoxEvaluation(names, images, wrong, overlaps, root.path(MEAN_LOSS).doubleValue());
  }

  private static void requireSound(boolean sound, Path file) {
    if (!sound) {
      throw new InputException(file + " is not as vgg train wrote it: restore or remove it");
    }
  }

  private static Evaluation evaluation(Path file, JsonNode root) {
    int size = root.path(CLASSES).size();
    JsonNode rows = root.path(CONFUSION);
    List<String> names = new ArrayList<>();
    int[][] confusion = new int[size][size];
    int[] top5Wrong = new int[size];
    boolean sound = size > 0 && rows.size() == size && root.path(MEAN_LOSS).isNumber();
    for (int is = 0; is < size && sound; is++) {
      sound = rows.path(is).size() == size && root.path(CLASSES).path(is).path(LABEL).isTextual();
      int images = 0;
      for (int taken = 0; taken < size && sound; taken++) {
        JsonNode count = rows.path(is).path(taken);
        sound = count.isInt() && count.intValue() >= 0;
        confusion[is][taken] = count.intValue();
        images += confusion[is][taken];
      }
      double error = root.path(CLASSES).path(is).path(TOP5_ERROR).asDouble(); // null if no images
      sound = sound && error >= 0 && error <= 100;
      top5Wrong[is] = (int) Math.round(error * images / 100);
      names.add(root.path(CLASSES).path(is).path(LABEL).asText());
    }
    requireSound(sound, file);
    return new Evaluation(names, confusion, top5Wrong, root.path(MEAN_LOSS).doubleValue());
  }
}
