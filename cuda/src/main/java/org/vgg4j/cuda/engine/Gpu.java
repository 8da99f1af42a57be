package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Precision;

/**
 * A GPU in use.
 *
 * @param context its memory
 * @param library its kernels
 * @param precision of maps and products
 */
record Gpu(Context context, KernelLibrary library, Precision precision) {}
