// Sums of products' slices, for the products of both families.
#include "epilogue.cuh"

constexpr int THREADS = 256;
constexpr int CHUNK = 8;

// Adds the slices of a product, [slices][rows][outputs], in order, and finishes as the product itself would have.
KERNEL(THREADS, 1)
finish_slices(const float* partial, int slices, const float* bias, const u16* mask, float mask_scale, u16* y,
              u16* y_low, float* floats, u8* argmax, int images, int height, int width, int outputs, int rectified,
              int pooled) {
  Output output{{y, y_low}, floats, bias, mask, mask_scale, argmax, images, height, width, outputs, rectified != 0,
                pooled != 0};
  int group = pooled ? 4 : 1;
  int item = block_x() * THREADS + thread_index();
  int row = item / (outputs / CHUNK) * group;
  int column = item % (outputs / CHUNK) * CHUNK;
  if (row >= output.rows()) return;
  auto sum = [&](int r, float(&v)[8]) {
    zero(v);
    for (int slice = 0; slice < slices; slice++) {
      float part[8];
      load_floats(partial + ((long long)slice * output.rows() + row + r) * outputs + column, part);
      UNROLL for (int i = 0; i < 8; i++) v[i] += part[i];
    }
  };
  float b[8];
  output.load_bias(column, b);
  if (pooled) {
    output.write_window(row / 4, column, b, sum);
  } else {
    float v[8];
    sum(0, v);
    output.write(row, column, b, output.load_mask(row, column), v);
  }
}
EXPORT(finish_slices)
