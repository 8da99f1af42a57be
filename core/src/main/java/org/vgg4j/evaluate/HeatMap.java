package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vgg4j.image.Preprocessor;
import org.vgg4j.image.Rescale;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.ScoreMaps;

/**
 * Where in a picture the fully convolutional network sees what: the class posteriors of every
 * window laid over the picture, a row for each Q, in it the picture and then a column for each of
 * the most probable classes. What is certain is as it is, what is improbable is dark and blue.
 */
public final class HeatMap {
  /** Height of a row of the sheet, in pixels. */
  private static final int ROW_HEIGHT = 256;

  private static final int GAP = 4;
  private static final int STRIDE = 32; // of the windows, in pixels of the rescaled picture

  /**
   * What was drawn.
   *
   * @param sheet the picture
   * @param classes indices of the classes, in the order of the columns
   * @param posteriors of these, over all Q and mirror images, as dense evaluation has them
   * @param maps rows x columns of the class score map of each Q
   */
  public record Drawn(RgbImage sheet, int[] classes, float[] posteriors, List<String> maps) {}

  private HeatMap() {}

  /**
   * Draws the maps.
   *
   * @param scales Q, each at least the crop
   * @param top number of classes; all if there are fewer
   * @throws org.vgg4j.base.InputException if the memory does not suffice
   */
  public static Drawn draw(
      Engine engine,
      Parameters parameters,
      Preprocessing preprocessing,
      RgbImage image,
      List<Integer> scales,
      int top) {
    DenseInference network = engine.dense(parameters);
    Preprocessor preprocessor = new Preprocessor(preprocessing);
    int classes = parameters.architecture().classes();
    float[] posteriors = new float[classes];
    List<float[][][]> maps = new ArrayList<>();
    List<String> sizes = new ArrayList<>();
    for (int scale : scales) {
      RgbImage rescaled = Rescale.toShorterSide(image, scale, preprocessing.interpolation());
      network.capacity(rescaled.height(), rescaled.width(), 1);
      for (RgbImage seen : List.of(rescaled, rescaled.flipHorizontally())) {
        float[] input = new float[seen.pixels().length];
        preprocessor.write(seen, input, 0);
        ScoreMaps scores = network.scores(input, 1, seen.height(), seen.width());
        float[] whole = network.posteriors(scores.mean(0));
        for (int k = 0; k < classes; k++) {
          posteriors[k] += whole[k] / (2 * scales.size());
        }
        if (seen == rescaled) {
          maps.add(windows(network, scores));
          sizes.add(scores.rows() + "x" + scores.columns());
        }
      }
    }
    int[] best = Ranking.top(posteriors, 0, classes, top);
    float[] ofBest = new float[best.length];
    for (int i = 0; i < best.length; i++) {
      ofBest[i] = posteriors[best[i]];
    }
    return new Drawn(sheet(image, scales, preprocessing.crop(), maps, best), best, ofBest, sizes);
  }

  /** The posteriors of each window, {@code [rows][columns][classes]}. */
  private static float[][][] windows(DenseInference network, ScoreMaps scores) {
    float[][][] windows = new float[scores.rows()][scores.columns()][];
    for (int row = 0; row < scores.rows(); row++) {
      for (int column = 0; column < scores.columns(); column++) {
        int at = scores.index(0, row, column);
        windows[row][column] =
            network.posteriors(Arrays.copyOfRange(scores.values(), at, at + scores.classes()));
      }
    }
    return windows;
  }

  private static RgbImage sheet(
      RgbImage image, List<Integer> scales, int crop, List<float[][][]> maps, int[] classes) {
    int cellWidth = Math.max(1, ROW_HEIGHT * image.width() / image.height());
    RgbImage cell = Rescale.resize(image, cellWidth, ROW_HEIGHT, Interpolation.BILINEAR);
    int width = (cellWidth + GAP) * (classes.length + 1) - GAP;
    int height = (ROW_HEIGHT + GAP) * scales.size() - GAP;
    byte[] sheet = new byte[Math.multiplyExact(3, width * height)];
    Arrays.fill(sheet, (byte) 255);
    for (int row = 0; row < scales.size(); row++) {
      double pixels = scales.get(row) / (double) Math.min(cellWidth, ROW_HEIGHT);
      for (int column = 0; column <= classes.length; column++) {
        RgbImage picture =
            column == 0 ? cell : overlaid(cell, pixels, crop, maps.get(row), classes[column - 1]);
        int x = column * (cellWidth + GAP);
        int y = row * (ROW_HEIGHT + GAP);
        for (int line = 0; line < ROW_HEIGHT; line++) {
          System.arraycopy(
              picture.pixels(),
              3 * line * cellWidth,
              sheet,
              3 * ((y + line) * width + x),
              3 * cellWidth);
        }
      }
    }
    return new RgbImage(width, height, sheet);
  }

  /**
   * @param pixels of the rescaled picture for one of the cell
   */
  private static RgbImage overlaid(
      RgbImage cell, double pixels, int crop, float[][][] map, int label) {
    byte[] out = cell.pixels().clone();
    int at = 0;
    for (int y = 0; y < cell.height(); y++) {
      double row = ((y + 0.5) * pixels - crop / 2.0) / STRIDE;
      for (int x = 0; x < cell.width(); x++) {
        double column = ((x + 0.5) * pixels - crop / 2.0) / STRIDE;
        double p = between(map, row, column, label);
        // from a dark blue to the picture itself
        out[at] = (byte) (p * (out[at] & 0xFF));
        out[at + 1] = (byte) (p * (out[at + 1] & 0xFF));
        out[at + 2] = (byte) (p * (out[at + 2] & 0xFF) + (1 - p) * 80);
        at += 3;
      }
    }
    return new RgbImage(cell.width(), cell.height(), out);
  }

  /** Between the middles of windows; beyond the outermost as there. */
  private static double between(float[][][] map, double row, double column, int label) {
    double r = Math.max(0, Math.min(map.length - 1, row));
    double c = Math.max(0, Math.min(map[0].length - 1, column));
    int top = (int) r;
    int left = (int) c;
    int bottom = Math.min(map.length - 1, top + 1);
    int right = Math.min(map[0].length - 1, left + 1);
    double down = r - top;
    double across = c - left;
    return (1 - down) * ((1 - across) * map[top][left][label] + across * map[top][right][label])
        + down * ((1 - across) * map[bottom][left][label] + across * map[bottom][right][label]);
  }
}
