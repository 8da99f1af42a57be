package org.vgg4j.experiment.reproduce;

import static org.vgg4j.experiment.reproduce.ReproductionConfig.require;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;

/**
 * The size of a reproduction of Tables 8 to 10. Scales are the paper's, in proportion to the crop.
 *
 * @param data word or path of the data set, which has boxes
 * @param boxes where they are; null: beside the images
 * @param configuration which network; the paper's is D
 * @param width factor on channels and hidden features
 * @param crop side of the input window in pixels
 * @param images training images, including those held out; 0 for all
 * @param testImages test images to measure, drawn from all classes in proportion; 0 for all
 * @param seeds number of times each network is trained
 * @param epochs of the classification network
 * @param boxEpochs of each network that finds boxes
 * @param batch images of a step
 * @param learningRate initial rate of all of them
 * @param threads number of threads
 * @param device that computes
 * @param maxUnreadable how many unreadable images of each part training may skip
 */
public record BoxReproductionConfig(
    String data,
    @Nullable Path boxes,
    Configuration configuration,
    double width,
    int crop,
    int images,
    int testImages,
    int seeds,
    int epochs,
    int boxEpochs,
    int batch,
    double learningRate,
    int threads,
    Device device,
    UnreadableLimit maxUnreadable) {

  /**
   * @throws org.vgg4j.base.InputException if a number is out of its range
   */
  public BoxReproductionConfig {
    require(width > 0 && width <= 8, "width", width, "more than 0 and at most 8");
    require(
        crop >= Architecture.SMALLEST_CROP, "crop", crop, "at least " + Architecture.SMALLEST_CROP);
    require(images >= 0, "images", images, "at least 0");
    require(testImages >= 0, "test-images", testImages, "at least 0");
    require(seeds >= 1, "seeds", seeds, "at least 1");
    require(epochs >= 1, "epochs", epochs, "at least 1");
    require(boxEpochs >= 1, "box-epochs", boxEpochs, "at least 1");
    require(batch >= 1, "batch", batch, "at least 1");
    require(learningRate > 0, "lr", learningRate, "a positive number");
    require(threads >= 1, "threads", threads, "at least 1");
  }

  /** S of a network, and Q where it is tested at one scale. */
  int scale(Net.Scale scale) {
    return ReproductionConfig.scale(scale == Net.Scale.SMALL ? 256 : 384, crop);
  }
}
