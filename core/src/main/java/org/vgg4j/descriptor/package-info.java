/**
 * Descriptors of whole images: outputs of a network's layer, pooled over positions, mirror images
 * and scales (the paper, appendix B; R-MAC: Tolias et al., ICLR 2016; GeM: Radenovic et al., TPAMI
 * 2019).
 */
@NullMarked
package org.vgg4j.descriptor;

import org.jspecify.annotations.NullMarked;
