package org.vgg4j.cuda.check;

import java.util.List;

/** Typical faults in what a training step is beside maps: loss, SGD, dropout. */
final class StepFaults {
  private StepFaults() {}

  static final List<PlantedFault> ALL =
      List.of(
          PlantedFault.of(
              "the largest score is not subtracted",
              "loss.cu",
              "    most = over_block(most, [](double a, double b) { return larger(a, b); });\n",
              "    over_block(most, [](double a, double b) { return larger(a, b); });\n"
                  + "    most = 0;\n",
              "soft-max",
              "cross-entropy, correct"),
          PlantedFault.of(
              "a block's sum is overwritten before all have read it",
              "loss.cu",
              "  double result = shared[0];\n  barrier();\n",
              "  double result = shared[0];\n",
              "soft-max"),
          PlantedFault.of(
              "of equal scores the last counts",
              "loss.cu",
              "other == score && k > label",
              "other == score && k < label",
              "cross-entropy, correct"),
          PlantedFault.of(
              "the gradient is not divided by the batch",
              "loss.cu",
              "(posterior * total - target) * gradient_scale)",
              "(posterior * total - target))",
              "cross-entropy's gradient"),
          PlantedFault.of(
              "half of a warp's squares are left out",
              "sgd.cu",
              "mask = WARP / 2; mask > 0",
              "mask = WARP / 4; mask > 0",
              "clipped gradients"),
          PlantedFault.of(
              "short gradients are made longer",
              "sgd.cu",
              "bool clips = norm > most && ",
              "bool clips = ",
              "clipped gradients"),
          PlantedFault.of(
              "the factor is not used",
              "sgd.cu",
              "g[i] *= scale;",
              "g[i] *= scale > 1 ? scale : 1;",
              "clipped gradients"),
          PlantedFault.of(
              "the average is not left behind",
              "sgd.cu",
              "share * (w[i] - a[i])",
              "share * w[i]",
              "averaged weights"),
          PlantedFault.of(
              "targets are taken to add up to one",
              "loss.cu",
              "posterior * total - target",
              "posterior - target",
              "cross-entropy's gradient"),
          PlantedFault.of(
              "the second label counts where it is another one only",
              "loss.cu",
              "(k == label ? share : 0) + (k == other_label ? other_share : 0)",
              "(k == label ? share : k == other_label ? other_share : 0)",
              "cross-entropy's gradient"),
          PlantedFault.of(
              "what all have in common is left out of the loss",
              "loss.cu",
              "of_labels + of_common",
              "of_labels",
              "cross-entropy, correct"),
          PlantedFault.of(
              "labels that are not known are taken for not shown",
              "loss.cu",
              "    if (target != target) continue;\n    double score",
              "    if (target != target) target = 0;\n    double score",
              "labels' cross-entropy, correct"),
          PlantedFault.of(
              "the mean is over all labels, known or not",
              "loss.cu",
              "known > 0 ? 1 / known : 1",
              "1. / classes",
              "labels' cross-entropy, correct",
              "labels' gradient"),
          PlantedFault.of(
              "a negative score's own part of the loss is left out",
              "loss.cu",
              " + (score < 0 ? -score : 0);",
              ";",
              "labels' cross-entropy, correct"),
          PlantedFault.of(
              "a score of zero says that a label is not shown",
              "loss.cu",
              "(score >= 0) != (target >= 0.5f)",
              "(score > 0) != (target >= 0.5f)",
              "labels' cross-entropy, correct"),
          PlantedFault.of(
              "weights count where a class is not shown, too",
              "loss.cu",
              "1 - (double)target - (1 + (weight - 1) * target)",
              "weight * (1 - (double)target) - weight",
              "labels' gradient"),
          PlantedFault.of(
              "momentum is applied to the gradient, too",
              "sgd.cu",
              "piece.momentum * v[i] - rate * (g[i] + piece.decay * w[i])",
              "piece.momentum * (v[i] - rate * (g[i] + piece.decay * w[i]))",
              "SGD"),
          PlantedFault.of(
              "decay is not multiplied by the rate",
              "sgd.cu",
              "rate * (g[i] + piece.decay * w[i])",
              "rate * g[i] - piece.decay * w[i]",
              "SGD"),
          PlantedFault.of(
              "weights move by the velocity of the step before",
              "sgd.cu",
              "    v[i] = piece.momentum * v[i] - rate * (g[i] + piece.decay * w[i]);\n"
                  + "    w[i] += v[i];\n",
              "    w[i] += v[i];\n"
                  + "    v[i] = piece.momentum * v[i] - rate * (g[i] + piece.decay * w[i]);\n",
              "SGD"),
          PlantedFault.of(
              "weights behind the last are read",
              "sgd.cu",
              "  if (at >= piece.count) return;\n",
              "",
              "SGD"),
          PlantedFault.of(
              "rounded weights are written where nobody wants them",
              "sgd.cu",
              "if (piece.rounded) Target",
              "Target",
              "SGD"),
          PlantedFault.of(
              "a step is made of a loss that is not finite",
              "sgd.cu",
              "  if (loss && (double_to_bits(load(loss)) >> 52 & 0x7ff) == 0x7ff) return;\n",
              "",
              "SGD"),
          PlantedFault.of(
              "no step is made of a loss that is finite",
              "sgd.cu",
              "(double_to_bits(load(loss)) >> 52 & 0x7ff) == 0x7ff",
              "(double_to_bits(load(loss)) >> 52 & 0x7ff) != 0x7ff",
              "SGD"),
          PlantedFault.of(
              "all parameters have the first one's rate",
              "sgd.cu",
              "load(rates + piece.rate)",
              "load(rates)",
              "SGD"),
          PlantedFault.of(
              "a piece is taken to begin with the launch",
              "sgd.cu",
              "((block_x() - piece.first) * THREADS",
              "(block_x() * THREADS",
              "SGD"),
          PlantedFault.of(
              "a block that begins a piece works on the one before",
              "pieces.cuh",
              "load(&pieces[middle].first) <= block_x()",
              "load(&pieces[middle].first) < block_x()",
              "SGD",
              "bias gradient of 3x3"),
          PlantedFault.of(
              "the last piece is never found",
              "pieces.cuh",
              "while (behind - low > 1)",
              "while (behind - low > 2)",
              "SGD",
              "bias gradient of 3x3"),
          PlantedFault.of(
              "the threshold is compared with signed numbers",
              "dropout.cu",
              "words[i] < (u32)threshold",
              "(int)words[i] < threshold",
              "dropout"),
          PlantedFault.of(
              "the epoch is the seed's upper half",
              "dropout.cu",
              "load(samples + images + 2)",
              "load(samples + images + 1)",
              "dropout"),
          PlantedFault.of(
              "Philox has nine rounds", "dropout.cu", "round < 10", "round < 9", "dropout"),
          PlantedFault.of(
              "what stays is not scaled",
              "dropout.cu",
              "v[4 * half + i] * scale",
              "v[4 * half + i]",
              "dropout"));
}
