package org.vgg4j.svm;

/**
 * One class's classifier, as the solver leaves it.
 *
 * @param weights of a row's features, then that of the bias feature (0 without bias); not copied
 * @param iterations passes over the images
 * @param converged whether the tolerance was reached
 * @param primal the objective: half the squared length of the weights, and the losses times C
 * @param dual the dual's value, a lower bound of what the objective can be
 * @param supportVectors number of images that the weights are a sum of
 */
record Solution(
    double[] weights,
    int iterations,
    boolean converged,
    double primal,
    double dual,
    int supportVectors) {}
