package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How the gradients of a network are divided for several GPUs to add them: into pieces, each of
 * which is exchanged as soon as all GPUs have computed it, so those of the last layers come first;
 * and each piece into a part for each GPU, which adds that part. Small layers share a piece, large
 * ones have several. Depends on the network and the number of GPUs only. All sizes are floats.
 */
final class ExchangePieces {
  /** Parts begin at multiples of this, as parameters do. */
  private static final int UNIT = 64;

  private static final int LEAST_PIECES = 16;
  private static final int MOST_PIECES = 64;

  /** Below this, an exchange costs as much as a smaller one. */
  private static final int SMALL = 1 << 14;

  /** Above this, a piece costs memory and saves nothing. */
  private static final int LARGE = 1 << 24;

  private final int devices;
  private final List<Piece> pieces;
  private final long roomLength;
  private final long sumsLength;

  /**
   * A piece.
   *
   * @param from where it begins in the array of gradients
   * @param length of it
   * @param partLength of all parts but the last ones, which may be shorter, and empty
   * @param sumAt where a GPU's sum of its part begins among those of all pieces
   */
  record Piece(int from, int length, int partLength, long sumAt) {
    /** Where a GPU's part begins in the array of gradients. */
    int partFrom(int device) {
      return from + Math.min(length, device * partLength);
    }

    /** Its length. */
    int partLength(int device) {
      return Math.max(0, Math.min(partLength, length - device * partLength));
    }

    /** Whether a range of the array of gradients has something in it. */
    boolean overlaps(int begin, int size) {
      return begin < from + length && from < begin + size;
    }
  }

  /**
   * @param parameters with their gradients in one array
   */
  ExchangePieces(DeviceParameters parameters, int devices) {
    this.devices = devices;
    int total = parameters.sumsLength();
    int least = Math.max(SMALL, Math.min(LARGE / LEAST_PIECES, total / MOST_PIECES));
    int most = Math.max(SMALL, Math.min(LARGE, total / LEAST_PIECES));
    List<Piece> cut = new ArrayList<>();
    long sumAt = 0;
    long room = 0;
    int end = total;
    List<Integer> begins = new ArrayList<>(beginsOfLayers(parameters));
    Collections.reverse(begins);
    for (int begin : begins) {
      if (end - begin < least && begin > 0) {
        continue;
      }
      int number = (end - begin + most - 1) / most;
      int size = rounded((end - begin + number - 1) / number);
      for (int from = begin; from < end; from += size) {
        int length = Math.min(size, end - from);
        int part = rounded((length + devices - 1) / devices);
        cut.add(new Piece(from, length, part, sumAt));
        sumAt += part;
        room = Math.max(room, (long) part * (devices - 1));
      }
      end = begin;
    }
    this.pieces = List.copyOf(cut);
    this.sumsLength = sumAt;
    this.roomLength = room;
  }

  private static int rounded(int length) {
    return (length + UNIT - 1) / UNIT * UNIT;
  }

  private static List<Integer> beginsOfLayers(DeviceParameters parameters) {
    List<Integer> begins = new ArrayList<>();
    String layer = "";
    int at = 0;
    for (DeviceParameter parameter : parameters.all()) {
      if (!parameter.shape().layer().equals(layer)) {
        begins.add(at);
        layer = parameter.shape().layer();
      }
      at += parameter.length();
    }
    return begins;
  }

  /** Number of GPUs. */
  int devices() {
    return devices;
  }

  /** In the order in which a backward pass completes them. */
  List<Piece> all() {
    return pieces;
  }

  /** Length of a GPU's sums: of its parts of all pieces. */
  long sumsLength() {
    return sumsLength;
  }

  /** Length of what a GPU receives of a piece at a time. */
  long roomLength() {
    return roomLength;
  }

  /** Bytes that a GPU needs for both. */
  long bytes() {
    return Float.BYTES * (sumsLength + roomLength);
  }
}
