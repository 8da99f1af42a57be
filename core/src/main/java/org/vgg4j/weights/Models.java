package org.vgg4j.weights;

import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.safetensors.ForeignFileException;

/** Reads models, whichever tool wrote them: the one place for files that are given as models. */
public final class Models {
  private Models() {}

  /**
   * Reads a model. Files of vgg4j are always read; those of other tools where a {@link
   * ForeignReader} is on the class path.
   *
   * @throws InputException if the file is missing, broken or not a model; or if another tool wrote
   *     it and nothing on the class path can read it
   * @throws org.vgg4j.base.AbortedException if the thread is interrupted meanwhile
   */
  public static ModelFile read(Path file) {
    return read(file, Models::installed);
  }

  /**
   * Reads all of a model but its numbers: quickly if vgg4j wrote it; another tool's file must be
   * read whole for that.
   *
   * @throws InputException as {@link #read(Path)} does
   */
  public static ModelFile readWithoutArrays(Path file) {
    try {
      return ModelFile.readWithoutArrays(file);
    } catch (ForeignFileException e) {
      return read(file).withoutArrays();
    }
  }

  /**
   * Reads a model that classifies.
   *
   * @throws InputException as {@link #read(Path)} does, or if it finds boxes
   */
  public static ModelFile readClassifier(Path file) {
    return read(file).requireClassifier(file.toString());
  }

  /**
   * Reads weights that training may begin with: a model, or another tool's file of convolutions
   * alone.
   *
   * @throws InputException as {@link #read(Path)} does
   */
  public static Start readStart(Path file) {
    try {
      return new Start(ModelFile.read(file), true);
    } catch (ForeignFileException e) {
      return require(installed(), file, e).readStart(file);
    }
  }

  /**
   * Reads all of them but their numbers, as {@link #readWithoutArrays} does.
   *
   * @throws InputException as {@link #read(Path)} does
   */
  public static Start readStartWithoutArrays(Path file) {
    try {
      return new Start(ModelFile.readWithoutArrays(file), true);
    } catch (ForeignFileException e) {
      return readStart(file).withoutArrays();
    }
  }

  /**
   * @param foreign is asked only for another tool's file
   */
  static ModelFile read(Path file, Supplier<Optional<ForeignReader>> foreign) {
    try {
      return ModelFile.read(file);
    } catch (ForeignFileException e) {
      return require(foreign.get(), file, e).read(file);
    }
  }

  /** Beside vgg4j itself: the class loader of a caller's thread may know nothing of it. */
  private static Optional<ForeignReader> installed() {
    return ServiceLoader.load(ForeignReader.class, ForeignReader.class.getClassLoader())
        .findFirst();
  }

  private static ForeignReader require(
      Optional<ForeignReader> foreign, Path file, ForeignFileException cause) {
    return foreign.orElseThrow(
        () ->
            new InputException(
                ("%s was not written by vgg4j: put org.vgg4j:vgg4j-formats on the class path,"
                        + " which reads PyTorch's, Caffe's, Keras's and ONNX's files, or make a"
                        + " model of it with vgg import")
                    .formatted(file),
                cause));
  }
}
