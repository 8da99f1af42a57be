package org.vgg4j.experiment.reproduce;

import static org.vgg4j.experiment.reproduce.ReproductionConfig.require;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.network.Device;
import org.vgg4j.network.FcWeights;

/**
 * What is reproduced of Tables 11 and 12.
 *
 * @param models the networks' files; the paper's are D and E, trained with scale jitter
 * @param voc2007 folder of PASCAL VOC-2007; null: it is left out
 * @param voc2012 folder of PASCAL VOC-2012, for classification and actions; null: it is left out
 * @param caltech101 folder of Caltech-101; null: it is left out
 * @param caltech256 folder of Caltech-256; null: it is left out
 * @param scales Q in pixels for all; empty: the paper's for each data set, in proportion to the
 *     crop
 * @param cost C; null: chosen as the paper does
 * @param seed decides splits
 * @param batch images of a size at a time, mirror images included
 * @param fcWeights how the weights of fully connected layers are held
 * @param threads number of threads
 * @param device that describes images
 */
public record FeatureConfig(
    List<Path> models,
    @Nullable Path voc2007,
    @Nullable Path voc2012,
    @Nullable Path caltech101,
    @Nullable Path caltech256,
    List<Integer> scales,
    @Nullable Double cost,
    long seed,
    int batch,
    FcWeights fcWeights,
    int threads,
    Device device) {

  /**
   * @throws InputException if a number is out of its range, or there is no model or no data set
   */
  public FeatureConfig {
    models = List.copyOf(models);
    scales = List.copyOf(scales);
    require(batch >= 1, "batch", batch, "at least 1");
    require(threads >= 1, "threads", threads, "at least 1");
    require(
        cost == null || (cost > 0 && cost < Double.POSITIVE_INFINITY),
        "cost",
        String.valueOf(cost),
        "above 0");
    if (models.isEmpty()) {
      throw new InputException("there is no model to describe images with: give --model");
    }
    if (models.stream().distinct().count() < models.size()) {
      throw new InputException("one model is given twice: name each once");
    }
    if (voc2007 == null && voc2012 == null && caltech101 == null && caltech256 == null) {
      throw new InputException(
          "there is no data set to measure on: give the folder of at least one, such as"
              + " --caltech-101 101_ObjectCategories");
    }
  }
}
