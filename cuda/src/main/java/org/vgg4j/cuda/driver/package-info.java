/**
 * The NVIDIA driver's own library, and nothing else of CUDA: devices, contexts, memory, streams,
 * events, and kernels loaded from PTX text.
 *
 * <p><b>Threads.</b> Any thread may call any object: each call first makes its context current for
 * the calling thread. Work enqueued on one stream runs in the order of the calls, so two threads
 * that share a stream must agree on that order themselves. Nobody may close an object that another
 * thread is still using.
 *
 * <p><b>Errors.</b> What the user can mend (no driver, an old driver, no device, no memory) is an
 * {@link org.vgg4j.base.InputException} with one sentence. Everything else the driver reports is a
 * {@link org.vgg4j.cuda.driver.CudaException}. Kernels run asynchronously, so that a kernel's
 * failure shows at a later call, often a synchronisation; its context is then unusable.
 */
@NullMarked
package org.vgg4j.cuda.driver;

import org.jspecify.annotations.NullMarked;
