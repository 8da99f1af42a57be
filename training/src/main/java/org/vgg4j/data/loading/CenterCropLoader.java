package org.vgg4j.data.loading;

import java.util.List;
import java.util.Objects;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

/**
 * Makes batches of centre crops, in the order of the data set, for validation and test: images are
 * rescaled to the preprocessing's scale and cropped to its size. The samples of a batch are made in
 * parallel. Thread-safe.
 */
public final class CenterCropLoader {
  private final Dataset dataset;
  private final Preprocessing preprocessing;
  private final SampleWriter writer;
  private final ParallelFor parallel;

  /**
   * @param dataset the images
   * @param preprocessing what the network's weights were made for
   * @param parallel runs one task per sample
   */
  public CenterCropLoader(Dataset dataset, Preprocessing preprocessing, ParallelFor parallel) {
    this.dataset = dataset;
    this.preprocessing = preprocessing;
    this.writer = new SampleWriter(dataset, preprocessing);
    this.parallel = parallel;
  }

  /**
   * Makes the samples first to first + count - 1 of the data set.
   *
   * @param first index of the first image
   * @param count number of images
   * @param images receives [count][3][crop][crop]; may be longer
   * @return where in its image each sample lies
   * @throws IndexOutOfBoundsException if the data set has no such images
   * @throws org.vgg4j.base.InputException if an image cannot be used
   */
  public List<Geometry> load(int first, int count, float[] images) {
    Objects.checkFromIndexSize(first, count, dataset.size());
    writer.requireRoom(count, images);
    Geometry[] geometries = new Geometry[count];
    parallel.run(count, i -> geometries[i] = writer.write(first + i, this::centerCrop, images, i));
    return List.of(geometries);
  }

  private Augmentation.Sample centerCrop(RgbImage image, int index) {
    Geometry geometry = Geometry.centered(image, preprocessing.scale(), preprocessing.crop());
    return new Augmentation.Sample(
        geometry.cut(image, preprocessing.interpolation()), Rgb.ZERO, geometry);
  }
}
