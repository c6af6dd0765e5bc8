"""CIFAR-10 trained in PyTorch and in Keras from the same images, batches and initial weights."""
