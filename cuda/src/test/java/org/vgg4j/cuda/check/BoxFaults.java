package org.vgg4j.cuda.check;

import java.util.List;

/** Typical faults in the loss of boxes. */
final class BoxFaults {
  private BoxFaults() {}

  static final List<PlantedFault> ALL =
      List.of(
          PlantedFault.of(
              "the box of the class beside is learnt",
              "box_loss.cu",
              "BOX * load(labels + block_x())",
              "BOX * (load(labels + block_x()) ^ 1)",
              "box loss, right, squared pcr",
              "box loss' gradient, giou pcr"),
          PlantedFault.of(
              "the true box's width and height are exchanged",
              "box_loss.cu",
              "box[i] = load_double(",
              "box[i < 2 ? i : 5 - i] = load_double(",
              "box loss, right, squared",
              "box loss, right, giou",
              "box loss' gradient, squared"),
          PlantedFault.of(
              "the gradient by other classes' boxes is not cleared",
              "box_loss.cu",
              "    Target{gradient, gradient_low}.store8(",
              "    if (at / 8 == first / 8) Target{gradient, gradient_low}.store8(",
              "box loss' gradient, squared scr",
              "box loss' gradient, giou pcr"),
          PlantedFault.of(
              "the gradient is that of the other box of eight outputs, too",
              "box_loss.cu",
              "        else v[BOX + i] = value;",
              "        v[BOX + i] = value;",
              "box loss' gradient, squared pcr"),
          PlantedFault.of(
              "an output that is no number is taken for a size of zero",
              "box_loss.cu",
              "return a > b || a != a ? a : b; }\nDEVICE double smaller",
              "return a > b ? a : b; }\nDEVICE double smaller",
              "box loss' gradient, giou"),
          PlantedFault.of(
              "the hull is that of the common part",
              "box_loss.cu",
              "axis.hull = larger(high, true_high) - smaller(low, true_low);",
              "axis.hull = smaller(high, true_high) - larger(low, true_low);",
              "box loss, right, giou",
              "box loss' gradient, giou"),
          PlantedFault.of(
              "a box with just half in common is wrong",
              "box_loss.cu",
              "overlap(found, truth) >= LEAST_RIGHT",
              "overlap(found, truth) > LEAST_RIGHT",
              "box loss, right, giou",
              "box loss, right, squared"));
}
