package org.vgg4j.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;

/** Where the images of {@code vgg classify} come from. */
final class ClassifyInputs {
  /** Stands for standard input. */
  private static final String STANDARD_INPUT = "-";

  /** Receives images. */
  interface Receiver {
    /**
     * @param name what to call it in results
     */
    void image(String name, RgbImage image);

    /** An image could not be had. */
    void failed(String sentence);

    /** Whether no more are wanted. */
    boolean stopped();
  }

  /** Something that has images. */
  @FunctionalInterface
  interface Source {
    /** Sends the images, and sentences about those that could not be had. */
    void send(Receiver receiver);
  }

  private ClassifyInputs() {}

  /**
   * Finds what arguments stand for; images are not read yet.
   *
   * @param arguments files, folders, videos, addresses on the web, - for standard input
   * @param frames reads videos
   * @param complain receives a sentence about files of folders that are passed over
   * @throws InputException if a folder has no image, an address is none, or standard input is asked
   *     for twice
   */
  static List<Source> of(List<String> arguments, VideoFrames frames, Consumer<String> complain) {
    if (arguments.stream().filter(STANDARD_INPUT::equals).count() > 1) {
      throw new InputException("standard input holds one image: give - only once");
    }
    List<Source> sources = new ArrayList<>();
    WebImages web = arguments.stream().anyMatch(WebImages::isAddress) ? new WebImages() : null;
    for (String argument : arguments) {
      if (argument.equals(STANDARD_INPUT)) {
        sources.add(one(argument, ClassifyInputs::standardInput));
      } else if (web != null && WebImages.isAddress(argument)) {
        URI address = WebImages.address(argument);
        sources.add(one(argument, () -> web.get(address)));
      } else if (VideoFrames.isVideo(Path.of(argument))) {
        sources.add(receiver -> frames.send(Path.of(argument), receiver));
      } else {
        for (Path file : ImageArguments.files(List.of(Path.of(argument)), complain)) {
          sources.add(new OfFile(file));
        }
      }
    }
    return sources;
  }

  private record OfFile(Path file) implements Source {
    @Override
    public void send(Receiver receiver) {
      one(file.toString(), () -> ImageDecoder.decode(file)).send(receiver);
    }
  }

  /** An image that may turn out to be unreadable. */
  private interface Opening {
    RgbImage open();
  }

  private static Source one(String name, Opening opening) {
    return receiver -> {
      RgbImage image;
      try {
        image = opening.open();
      } catch (InputException e) {
        receiver.failed(String.valueOf(e.getMessage()));
        return;
      }
      receiver.image(name, image);
    };
  }

  private static RgbImage standardInput() {
    BufferedInputStream input = new BufferedInputStream(System.in);
    try {
      input.mark(1);
      if (input.read() < 0) {
        throw new InputException(
            "standard input is empty: give it an image, as in vgg classify - < photo.jpg");
      }
      input.reset();
    } catch (IOException e) {
      throw new InputException("cannot read standard input (" + e.getMessage() + ")", e);
    }
    return ImageDecoder.decode(input, "standard input");
  }
}
