package org.vgg4j.views;

import org.vgg4j.base.InputException;

/**
 * Which views of a rescaled image to evaluate.
 *
 * @param protocol the protocol
 * @param mirrored whether mirror images are included; false if the protocol has none
 * @param grid crops in each dimension of the regular grid; 0 if the protocol has no grid
 */
public record ViewPlan(Protocol protocol, boolean mirrored, int grid) {
  private static final int PAPER_GRID = 5;
  private static final int LARGEST_GRID = 50;

  /** The plan of the paper for a protocol. */
  public static ViewPlan of(Protocol protocol) {
    return new ViewPlan(protocol, protocol.hasMirrorImages(), protocol.hasGrid() ? PAPER_GRID : 0);
  }

  /**
   * The plan of the paper for a protocol, for a model that may not know mirror images.
   *
   * @param mirrored whether it does; if not, the plan has none
   */
  public static ViewPlan of(Protocol protocol, boolean mirrored) {
    ViewPlan paper = of(protocol);
    return new ViewPlan(protocol, paper.mirrored && mirrored, paper.grid);
  }

  /**
   * Returns the same plan with mirror images, or without.
   *
   * @throws InputException if the protocol has none
   */
  public ViewPlan withMirrorImages(boolean wanted) {
    if (!protocol.hasMirrorImages()) {
      throw new InputException(
          "protocol %s has no mirror images: leave out option flip".formatted(protocol.label()));
    }
    return new ViewPlan(protocol, wanted, grid);
  }

  /**
   * Returns the same plan with another grid.
   *
   * @param side crops in each dimension, from edge to edge; 1 for the centre crop
   * @throws InputException if the protocol has none, or there are too few or many
   */
  public ViewPlan withGrid(int side) {
    if (!protocol.hasGrid()) {
      throw new InputException(
          "protocol %s has no grid: leave out option grid, or choose multi-crop or both"
              .formatted(protocol.label()));
    }
    if (side < 1 || side > LARGEST_GRID) {
      throw new InputException(
          "option grid is %d but must be from 1 to %d".formatted(side, LARGEST_GRID));
    }
    return new ViewPlan(protocol, mirrored, side);
  }

  /** A description for people: the protocol, and what differs from the paper. */
  public String label() {
    String label = protocol.label();
    if (grid > 0 && grid != PAPER_GRID) {
      label += " (%dx%d crops)".formatted(grid, grid);
    }
    return protocol.hasMirrorImages() && !mirrored ? label + ", no mirror images" : label;
  }
}
