const remedies: Readonly<Record<string, string>> = {
  webgpu:
    'WebGPU wants a Vulkan loader and driver: that of the GPU, or in software ' +
    '`apt-get install --no-install-recommends chromium-common libvulkan1` with ' +
    'VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json and XDG_RUNTIME_DIR=/tmp',
  cuda:
    'CUDA wants an NVIDIA driver, CUDA 12 with cuDNN 9, and the runtime’s libraries: ' +
    '`node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12`',
  tensorrt: 'TensorRT wants all that cuda does, and the libraries of TensorRT 10 where the loader finds them',
};

/** What a device's execution provider needs beyond the npm package; what the runtime said is all there is to tell of others. */
export function deviceRemedy(provider: string): string | null {
  return remedies[provider] ?? null;
}
