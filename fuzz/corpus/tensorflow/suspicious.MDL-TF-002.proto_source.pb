

xPlaceholder

wVarHandleOp

rReadVariableOpw

yMatMulxr

saveSaveV2y

sShardedFilename

aAssert
'
pPrintV2*
output_streamstderr
4
qDecodeProtoV2x*
descriptor_source/tmp/x"Ê