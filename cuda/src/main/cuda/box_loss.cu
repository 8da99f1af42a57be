// Compares boxes that a network found with the true ones, in doubles: what BoxRegression and BoxLoss do on the CPU.
#include "values.cuh"

constexpr int THREADS = 256;

constexpr int BOX = 4;               // numbers of a box: centre x and y, width, height
constexpr double UNIT = 4;           // an output is a share of the crop's side beyond a half, times this
constexpr double SMALLEST = 1e-3;    // size of a box that can still grow
constexpr double LEAST_RIGHT = 0.5;  // overlap of a box that is right

// NaN comes through both.
DEVICE double larger(double a, double b) { return a > b || a != a ? a : b; }
DEVICE double smaller(double a, double b) { return a < b || a != a ? a : b; }

// A true box, in shares of the crop's side.
DEVICE void load_box(const int* halves, double (&box)[BOX]) {
  UNROLL for (int i = 0; i < BOX; i++) box[i] = load_double(halves + 2 * i);
}

// Half the sum of the squared differences between outputs and what they should be.
DEVICE double squared(const double (&outputs)[BOX], const double (&truth)[BOX], double (&gradient)[BOX]) {
  double sum = 0;
  UNROLL for (int i = 0; i < BOX; i++) {
    gradient[i] = outputs[i] - (truth[i] - 0.5) * UNIT;
    sum += gradient[i] * gradient[i];
  }
  return sum / 2;
}

// What two intervals, the found one and the true one, have in common, and what holds both.
struct Axis {
  double size, common, hull;
  double common_low, common_high, hull_low, hull_high;  // 1 if the found one ends it on that side, else 0

  DEVICE_MEMBER static Axis of(double center, double found, double true_center, double true_size) {
    Axis axis;
    axis.size = larger(found, SMALLEST);
    double low = center - axis.size / 2;
    double high = center + axis.size / 2;
    double true_low = true_center - true_size / 2;
    double true_high = true_center + true_size / 2;
    double overlap = smaller(high, true_high) - larger(low, true_low);
    axis.common = larger(overlap, 0);
    axis.hull = larger(high, true_high) - smaller(low, true_low);
    axis.common_low = overlap > 0 && low > true_low ? 1 : 0;
    axis.common_high = overlap > 0 && high < true_high ? 1 : 0;
    axis.hull_low = low < true_low ? 1 : 0;
    axis.hull_high = high > true_high ? 1 : 0;
    return axis;
  }

  DEVICE_MEMBER double common_by_center() const { return common_high - common_low; }
  DEVICE_MEMBER double common_by_size() const { return (common_high + common_low) / 2; }
  DEVICE_MEMBER double hull_by_center() const { return hull_high - hull_low; }
  DEVICE_MEMBER double hull_by_size() const { return (hull_high + hull_low) / 2; }
};

// One minus the generalised intersection over union: 2 - both / united - united / hull.
DEVICE double giou(const double (&found)[BOX], const double (&truth)[BOX], double (&gradient)[BOX]) {
  Axis x = Axis::of(found[0], found[2], truth[0], truth[2]);
  Axis y = Axis::of(found[1], found[3], truth[1], truth[3]);
  double both = x.common * y.common;
  double united = x.size * y.size + truth[2] * truth[3] - both;
  double hull = x.hull * y.hull;
  double by_both = -1 / united - both / (united * united) + 1 / hull;
  double by_own = both / (united * united) - 1 / hull;
  double by_hull = united / (hull * hull);
  gradient[0] = by_both * (x.common_by_center() * y.common) + by_hull * (x.hull_by_center() * y.hull);
  gradient[1] = by_both * (y.common_by_center() * x.common) + by_hull * (y.hull_by_center() * x.hull);
  gradient[2] = by_both * (x.common_by_size() * y.common) + by_own * y.size + by_hull * (x.hull_by_size() * y.hull);
  gradient[3] = by_both * (y.common_by_size() * x.common) + by_own * x.size + by_hull * (y.hull_by_size() * x.hull);
  UNROLL for (int i = 0; i < BOX; i++) gradient[i] /= UNIT;
  return 2 - both / united - united / hull;
}

DEVICE double common_of(double center, double size, double other_center, double other_size) {
  double from = larger(center - size / 2, other_center - other_size / 2);
  double to = smaller(center + size / 2, other_center + other_size / 2);
  return larger(to - from, 0);
}

// Intersection over union.
DEVICE double overlap(const double (&a)[BOX], const double (&b)[BOX]) {
  double both = common_of(a[0], a[2], b[0], b[2]) * common_of(a[1], a[3], b[1], b[3]);
  double united = a[2] * a[3] + b[2] * b[3] - both;
  return united > 0 ? both / united : 0;
}

// A block for each row of outputs [images][padded]: the loss of the box of the label's class, or of the only one,
// whether that box is right, and the gradient with respect to the outputs, times gradient_scale, as a map with `padded`
// channels, zero but for that box. The true boxes are doubles [images][4] at a multiple of 4 bytes.
KERNEL(THREADS, 1)
box_loss(const float* outputs, const int* labels, const int* boxes, int per_class, int generalised,
         float gradient_scale, u16* gradient, u16* gradient_low, double* losses, double* correct, int padded) {
  const float* own = outputs + (long long)block_x() * padded;
  int at = per_class ? BOX * load(labels + block_x()) : 0;
  for (int first = thread_index() * 8; first < padded; first += THREADS * 8) {
    float v[8];
    zero(v);
    if (at / 8 == first / 8) {
      double out[BOX], found[BOX], truth[BOX], slope[BOX];
      load_box(boxes + (long long)block_x() * 2 * BOX, truth);
      UNROLL for (int i = 0; i < BOX; i++) {
        out[i] = load(own + at + i);
        found[i] = out[i] / UNIT + 0.5;
        if (i >= 2) found[i] = larger(found[i], 0);
      }
      double loss = generalised ? giou(found, truth, slope) : squared(out, truth, slope);
      UNROLL for (int i = 0; i < BOX; i++) {
        float value = (float)(slope[i] * gradient_scale);
        if (at == first) v[i] = value;
        else v[BOX + i] = value;
      }
      store(losses + block_x(), loss);
      store(correct + block_x(), overlap(found, truth) >= LEAST_RIGHT ? 1. : 0.);
    }
    Target{gradient, gradient_low}.store8((long long)block_x() * padded + first, v);
  }
}
EXPORT(box_loss)
