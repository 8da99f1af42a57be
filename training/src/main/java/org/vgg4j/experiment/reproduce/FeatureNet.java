package org.vgg4j.experiment.reproduce;

import java.nio.file.Path;
import java.util.List;
import org.vgg4j.base.FileDigest;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * A network that describes images.
 *
 * @param number from 1
 * @param path of its file
 * @param label the paper's name of the network, and the file as users name it
 * @param digest SHA-256 of the file
 * @param crop side of its input window in pixels
 * @param mirrored whether it has learnt from mirror images
 */
record FeatureNet(int number, Path path, String label, String digest, int crop, boolean mirrored) {
  /**
   * Reads what the file says, but for the weights.
   *
   * @param scales Q that are wanted; empty: the paper's
   * @throws org.vgg4j.base.InputException if it is none of a network, or of one without fc7 or that
   *     takes no images of these scales
   */
  static FeatureNet of(int number, Path path, List<Integer> scales) {
    ModelFile file = Models.readWithoutArrays(path);
    Descriptors.resolve(
        DescriptorRecipe.paper().withScales(scales), file.architecture(), file.preprocessing());
    return new FeatureNet(
        number,
        path,
        "%s (%s)".formatted(file.architecture().configuration().label(), path),
        FileDigest.sha256(path),
        file.preprocessing().crop(),
        file.knowsMirrorImages());
  }
}
