package org.vgg4j;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.network.HostThreads;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * Computes descriptors of whole images, by which images can be compared: as {@code vgg embed} does,
 * and the paper (appendix B). If they have unit length, as by default, the dot product of two
 * descriptors is the cosine of the angle between them: 1 for equal images. The same images in the
 * same call give the same descriptors, whatever the number of threads; in other company, values may
 * differ in their last digits. {@link ImageClassifier#embedder} makes one that shares a
 * classifier's weights.
 *
 * <p>Thread-safe: callers decode and rescale concurrently, and take turns with the network, which
 * uses all {@link ClassifierOptions#threads}. Memory grows with the largest image so far; on the
 * CPU, it is released after an image more than twice as long as wide for which it grew.
 *
 * <p>Files are read, and unusable arguments refused, as {@link ImageClassifier} does it. There,
 * {@link ImageClassifier#describe} gives a layer's output for the centre crop alone.
 */
public final class ImageEmbedder implements AutoCloseable {
  /** What an embedder computes with. */
  private interface Host {
    /**
     * Does work that needs the network.
     *
     * @throws IllegalStateException if the network is closed
     */
    <T> T run(Supplier<T> work);

    /** Lets go of it, once the descriptors are. */
    void close(Descriptors descriptors);
  }

  private final Host host;
  private final Architecture architecture;
  private final Descriptors descriptors;

  /** Held by the call that computes; tests hold it, too. */
  final ReentrantLock turn = new ReentrantLock(true);

  private volatile boolean closed;
  private boolean released; // with the turn

  private ImageEmbedder(Host host, Architecture architecture, Descriptors descriptors) {
    this.host = host;
    this.architecture = architecture;
    this.descriptors = descriptors;
  }

  private static ImageEmbedder alone(
      LoadedModel loaded, DescriptorRecipe recipe, ClassifierOptions options) {
    Descriptors descriptors =
        new Descriptors(
            loaded.engine().hostThreads(),
            loaded.network(),
            loaded.model().preprocessing(),
            recipe,
            options.batch());
    Host host =
        new Host() {
          @Override
          public <T> T run(Supplier<T> work) {
            return work.get();
          }

          @Override
          public void close(Descriptors own) {
            own.close();
            loaded.network().close();
            loaded.engine().close();
          }
        };
    return new ImageEmbedder(host, loaded.model().architecture(), descriptors);
  }

  /**
   * Makes an embedder that uses the weights of a classifier, and leaves it open.
   *
   * @param passes of the classifier
   * @param model of the classifier
   * @throws InputException if the recipe does not suit the network
   * @throws IllegalStateException if the passes are closed
   */
  static ImageEmbedder sharing(Passes passes, ModelFile model, DescriptorRecipe recipe) {
    HostThreads threads = new HostThreads(passes.threads());
    Host host =
        new Host() {
          @Override
          public <T> T run(Supplier<T> work) {
            return passes.beside(threads, work);
          }

          @Override
          public void close(Descriptors own) {
            passes.ifOpen(own::close); // later, it is closed with the classifier's network
            threads.close();
          }
        };
    try {
      return host.run(
          () ->
              new ImageEmbedder(
                  host,
                  model.architecture(),
                  new Descriptors(
                      threads, passes.network(), model.preprocessing(), recipe, passes.batch())));
    } catch (RuntimeException | Error e) {
      threads.close();
      throw e;
    }
  }

  /**
   * How descriptors of a model are made if nothing else is asked for: as in the paper, but of the
   * last layer below the outputs if fc7 is none of these, and without mirror images if it was
   * trained without them.
   */
  static DescriptorRecipe usualRecipe(ModelFile model) {
    DescriptorRecipe paper = DescriptorRecipe.paper().withMirrorImages(model.knowsMirrorImages());
    List<Layer> layers = model.architecture().withoutBatchNorm().layers();
    List<Layer> hidden = layers.subList(0, layers.size() - 1);
    return hidden.stream().anyMatch(layer -> layer.tap().equals(paper.tap()))
        ? paper
        : paper.withTap(hidden.get(hidden.size() - 1).tap());
  }

  /**
   * Loads a model, for the paper's descriptors at the model's own scale, on all processors. Where
   * fc7 is missing or makes the outputs, they are of the last layer below these; of a model that
   * was trained without mirror images, they are made without them, too.
   *
   * @param file as {@link ImageClassifier#load(Path)} takes it; a network that finds boxes will do,
   *     too
   * @throws InputException if it is missing or broken
   * @throws org.vgg4j.base.AbortedException if the thread is interrupted meanwhile
   */
  public static ImageEmbedder load(Path file) {
    Objects.requireNonNull(file, LoadedModel.NO_FILE);
    return load(() -> Models.read(file), ImageEmbedder::usualRecipe, ClassifierOptions.defaults());
  }

  /**
   * Loads a model.
   *
   * @param file as {@link #load(Path)} takes it
   * @param recipe how descriptors are made
   * @param options how to use the machine; {@link ClassifierOptions#passes} is not looked at
   * @throws InputException if the file is missing or broken, the recipe does not suit the network,
   *     the device cannot be used, or there is not enough memory
   */
  public static ImageEmbedder load(Path file, DescriptorRecipe recipe, ClassifierOptions options) {
    Objects.requireNonNull(file, LoadedModel.NO_FILE);
    return load(() -> Models.read(file), given(recipe), options);
  }

  /**
   * Loads a model from a stream, such as {@link Class#getResourceAsStream} gives.
   *
   * @param stream a .safetensors file that vgg4j wrote, from its first byte to its end; left open
   * @param recipe see {@link #load(Path, DescriptorRecipe, ClassifierOptions)}
   * @param options see there
   * @throws InputException as there, or if the stream cannot be read
   */
  public static ImageEmbedder load(
      InputStream stream, DescriptorRecipe recipe, ClassifierOptions options) {
    Objects.requireNonNull(stream, LoadedModel.NO_STREAM);
    return load(() -> ModelFile.read(stream), given(recipe), options);
  }

  private static Function<ModelFile, DescriptorRecipe> given(DescriptorRecipe recipe) {
    Objects.requireNonNull(recipe, "no recipe: DescriptorRecipe.paper() is the usual one");
    return model -> recipe;
  }

  private static ImageEmbedder load(
      Supplier<ModelFile> source,
      Function<ModelFile, DescriptorRecipe> recipe,
      ClassifierOptions options) {
    return LoadedModel.load(
        source,
        options,
        false,
        (loaded, same) -> alone(loaded, recipe.apply(loaded.model()), same));
  }

  /** The network. */
  public Architecture architecture() {
    return architecture;
  }

  /** How descriptors are made; the scales are never empty here. */
  public DescriptorRecipe recipe() {
    return descriptors.recipe();
  }

  /** The length of a descriptor. */
  public int dimensions() {
    return descriptors.dimensions();
  }

  /**
   * Describes an image file.
   *
   * @param file at most 1 GiB; its content says what it is, not its name
   * @return {@code [dimensions]}
   * @throws UnreadableImageException if it is empty, not an image, damaged, too elongated to be
   *     rescaled, or has too many pixels
   * @throws InputException if it is missing or cannot be read, or needs too much memory
   * @throws IllegalStateException if this embedder is closed
   */
  public float[] embed(Path file) {
    Objects.requireNonNull(file, "no image: the path is null");
    requireOpen();
    return embed(ImageDecoder.decode(file));
  }

  /**
   * Describes an image.
   *
   * @param image of any size; see {@link ImageDecoder} for decoding files
   * @return {@code [dimensions]}
   * @throws InputException if it is too elongated to be rescaled, or needs too much memory
   * @throws IllegalStateException if this embedder is closed
   */
  public float[] embed(RgbImage image) {
    return embed(List.of(Objects.requireNonNull(image, "no image: it is null")))[0];
  }

  /**
   * Describes images, {@link ClassifierOptions#batch} at a time. Those of one size share a pass,
   * which is faster than one by one.
   *
   * @param images of any sizes; see {@link ImageDecoder} for decoding files
   * @return {@code [images][dimensions]}
   * @throws InputException if one is too elongated to be rescaled, or needs too much memory
   * @throws IllegalStateException if this embedder is closed, also while the call waits for its
   *     turn
   */
  public float[][] embed(List<RgbImage> images) {
    images.forEach(image -> Objects.requireNonNull(image, "one of the images is null"));
    requireOpen();
    float[][] all = new float[images.size()][];
    int batch = descriptors.batch();
    for (int first = 0; first < all.length; first += batch) {
      List<List<RgbImage>> rescaled = new ArrayList<>(); // before taking a turn
      images
          .subList(first, Math.min(all.length, first + batch))
          .forEach(image -> rescaled.add(descriptors.rescale(image)));
      float[][] some = compute(rescaled);
      System.arraycopy(some, 0, all, first, some.length);
    }
    return all;
  }

  private float[][] compute(List<List<RgbImage>> rescaled) {
    turn.lock();
    try {
      requireOpen();
      return host.run(() -> descriptors.compute(rescaled));
    } finally {
      turn.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this embedder was closed: load the model again");
    }
  }

  /**
   * Closes the embedder: waits for the running call, and refuses waiting and later ones with an
   * {@link IllegalStateException}. Closing again does nothing. A classifier whose weights it shares
   * stays open.
   */
  @Override
  public void close() {
    closed = true; // first: calls that wait for their turn are refused
    turn.lock();
    try {
      if (!released) {
        released = true;
        host.close(descriptors);
      }
    } finally {
      turn.unlock();
    }
  }
}
