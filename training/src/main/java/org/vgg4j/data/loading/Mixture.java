package org.vgg4j.data.loading;

import org.jspecify.annotations.Nullable;
import org.vgg4j.model.Label;
import org.vgg4j.model.LabelSet;
import org.vgg4j.model.MixedLabel;
import org.vgg4j.model.Target;

/**
 * What becomes of a training sample and another one.
 *
 * @param partner position in the epoch's order of the other one
 * @param share of the sample itself in the target, in [0, 1]; the other one has the rest
 * @param patch which pixels are the other one's; null: each pixel is that mean of both
 */
public record Mixture(int partner, double share, @Nullable Patch patch) {
  /**
   * A rectangle of pixels.
   *
   * @param left first column
   * @param top first row
   * @param right column behind the last
   * @param bottom row behind the last
   */
  public record Patch(int left, int top, int right, int bottom) {
    int area() {
      return (right - left) * (bottom - top);
    }

    boolean has(int x, int y) {
      return x >= left && x < right && y >= top && y < bottom;
    }
  }

  /** Whether the sample stays as it is. */
  public boolean isPlain() {
    return share == 1;
  }

  /** The sample's share in a pixel. */
  public float shareAt(int x, int y) {
    if (patch == null) {
      return (float) share;
    }
    return patch.has(x, y) ? 0 : 1;
  }

  /**
   * Mixes input values.
   *
   * @param own holds the sample, {@code [3][crop][crop]}, which is overwritten
   * @param at index of its first value
   * @param other the other one, {@code [3][crop][crop]}
   */
  void mix(float[] own, int at, float[] other, int crop) {
    for (int i = 0; i < other.length; i++) {
      float ofOwn = shareAt(i % crop, i / crop % crop);
      own[at + i] = ofOwn * own[at + i] + (1 - ofOwn) * other[i];
    }
  }

  /**
   * Mixes what a network's outputs are compared with.
   *
   * @throws IllegalArgumentException if they are no labels
   */
  Target mix(Target own, Target other) {
    if (own instanceof Label first && other instanceof Label second) {
      return new MixedLabel(first.index(), second.index(), share);
    }
    if (own instanceof LabelSet first && other instanceof LabelSet second) {
      return first.mix(second, share);
    }
    throw new IllegalArgumentException("labels can be mixed, but not %s".formatted(own));
  }
}
